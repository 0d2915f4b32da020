# Made crossed_answers.json:  cd tests/data && Rscript crossed_answers.R   (R 4.2.2)
# crossed_answers.csv: python -c "from analysis_samples import write_crossed; write_crossed()"  in tests/
library(sandwich); library(lme4); library(glmmTMB)
d <- read.csv("crossed_answers.csv", stringsAsFactors = TRUE)
d$variant <- relevel(d$variant, "full")
two_way <- function(fit) vcovCL(fit, cluster = ~ participant + video, type = "HC0", cadjust = TRUE)
number <- function(x) formatC(x, digits = 12, format = "g", width = 1)
object <- function(...) { v <- list(...); paste0("{", paste0('"', names(v), '": ', unlist(v), collapse = ", "), "}") }
share <- lm(fooled ~ 1, d[d$variant == "full", ])
lines <- paste0(' "share_full": ', object(value = number(coef(share)), error = number(sqrt(two_way(share)))))
for (other in c("random", "scratch")) {
  fit <- lm(fooled ~ variant, droplevels(d[d$variant %in% c("full", other), ]))
  lines <- c(lines, paste0(' "difference_', other, '": ',
    object(value = number(-coef(fit)[2]), error = number(sqrt(two_way(fit)[2, 2])))))
}
rates <- aggregate(fooled ~ video + variant, d[d$variant != "scratch", ], mean)
wide <- merge(rates[rates$variant == "full", ], rates[rates$variant == "random", ], by = "video")
paired <- t.test(wide$fooled.x, wide$fooled.y, paired = TRUE)
lines <- c(lines, paste0(' "paired_random": ', object(t = number(paired$statistic), df = number(paired$parameter), p = number(paired$p.value))))
model <- fooled ~ variant + (1 | participant) + (1 | video) + (1 | video:variant) + (1 | participant:variant)
tmb <- glmmTMB(model, d, family = binomial)
fixed <- summary(tmb)$coefficients$cond
deviations <- sapply(VarCorr(tmb)$cond, function(v) attr(v, "stddev"))
entry <- function(name, estimate, error, loglik, sds) paste0(' "', name, '": {"estimate": [',
  paste(number(estimate), collapse = ", "), '], "error": [', paste(number(error), collapse = ", "),
  '], "loglik": ', number(loglik), ', "sd": {', paste0('"', names(sds), '": ', number(sds), collapse = ", "), "}}")
names(deviations) <- sub("\\..*", "", names(deviations))
lines <- c(lines, entry("glmmTMB", fixed[, 1], fixed[, 2], logLik(tmb), deviations))
lmer <- glmer(model, d, family = binomial, control = glmerControl(optimizer = "bobyqa"))
sds <- sapply(VarCorr(lmer), function(v) attr(v, "stddev")); names(sds) <- sub("\\..*", "", names(sds))
lines <- c(lines, entry("lme4", fixef(lmer), sqrt(diag(vcov(lmer))), logLik(lmer), sds))
lines <- c(lines, paste0(' "made_by": "R ', getRversion(), ', sandwich ', packageVersion("sandwich"), ', lme4 ', packageVersion("lme4"), ', glmmTMB ', packageVersion("glmmTMB"), '"'))
writeLines(c("{", paste(lines, collapse = ",\n"), "}"), "crossed_answers.json")
