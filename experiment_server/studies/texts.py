"""Every sentence a participant reads, with the English that a new study starts from."""

from dataclasses import dataclass

from experiment_server.studies.toml_text import key


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The words on the pages; a blank line starts a new paragraph, a line with ``- `` a list item.

    Each field's metadata says where the words stand. Words in braces are filled in by the page and
    may stand anywhere in the sentence.
    """

    title: str = key("Name of the study, on top of every page", "Real or fake sound?")
    consent_heading: str = key("Consent page: heading", "Welcome")
    consent: str = key(
        "Consent page: what people agree to. Replace it with the text your ethics board approved",
        "In this study you will watch pairs of very short videos of a stick striking or scratching "
        "things, and judge their sounds. It takes about {minutes} minutes.\n\n"
        "- You need sound. Headphones in a quiet room are best.\n"
        "- Taking part is voluntary: you may stop at any time.\n"
        "- We keep your answers, their times, how the videos played and your kind of browser, under a "
        "random name. If a panel sent you, its id for you is kept apart from them, to pay you, and "
        "deleted afterwards. You may have your answers deleted.\n\n"
        "By going on you say that you are 18 or older, have read this, and agree to take part.",
    )
    consent_button: str = key("Consent page: button", "I agree, let's start")
    consent_version: str = key(
        "Consent and preview page: which version of the text this is, for those who ask about it",
        "Version {version} of this text",
    )
    preview: str = key(
        "Consent page, for MTurk workers who look at the HIT before they accept it",
        "This is a preview. Please accept the HIT first; the study then opens here.",
    )
    refused_heading: str = key("Page for those who can't take part: heading", "You can't take part now")
    refused_preview: str = key(
        "Who tries to take part without having accepted the MTurk HIT",
        "Please accept the HIT first; the study then opens here.",
    )
    refused_door: str = key(
        "Who comes by a link that is incomplete, or through a panel that the study does not use",
        "This link is not complete, or not of this study. Please open the link once more from the "
        "place where you were given it. If that does not help, return the study there and write to "
        "those who invited you.",
    )
    refused_mobile: str = key(
        "Who comes with a telephone or tablet, if the study excludes them",
        "This study needs a computer: telephones and tablets can't play its sounds as they must be "
        "played. Please open the same link on a laptop or desktop computer.",
    )
    refused_paused: str = key(
        "Who comes while the study is paused",
        "The study takes a break at the moment and lets nobody new in. Please open the same link again "
        "later.",
    )
    refused_closed: str = key(
        "Who comes when the study is closed",
        "The study is over and lets nobody new in. If a panel sent you, please return the study there. "
        "Thank you for your interest.",
    )
    refused_full: str = key(
        "Who comes when all places are taken",
        "All places are taken at the moment. Some may become free again: you may try the same link "
        "later. If a panel sent you, you may also return the study there.",
    )
    sound_heading: str = key("Sound-level page: heading", "Set your volume")
    sound: str = key(
        "Sound-level page: what to do",
        "Press Play: you will hear a steady noise, about as loud as the sounds of this study.\n\n"
        "Turn your volume down first, then up until the noise is easy to hear and comfortable. After "
        "that, please leave the volume as it is until the end.",
    )
    sound_loading: str = key("Sound-level page: while the noise loads", "Loading the noise …")
    sound_ready: str = key("Sound-level page: while nothing plays", "The noise is off.")
    sound_playing: str = key("Sound-level page: while the noise plays", "The noise is on.")
    sound_play_button: str = key("Sound-level page: button that starts the noise", "Play")
    sound_stop_button: str = key("Sound-level page: button that stops it", "Stop")
    sound_button: str = key("Sound-level page: button that goes on", "It is comfortable")
    sound_blocked: str = key(
        "Sound-level page and headphone test: when the browser did not let the sound play",
        "Your browser held the sound back. Press Play once more.",
    )
    headphones_heading: str = key("Headphone test: heading", "Please put on headphones")
    headphones: str = key(
        "Headphone test: what comes, before it begins",
        "Please wear headphones or earphones on both ears, and switch loudspeakers off. A short test "
        "of {headphones} sounds shows whether they work in stereo. Each sound plays once.",
    )
    headphones_again: str = key(
        "Headphone test: before it begins anew",
        "That was not quite enough. Please check that you wear headphones on both ears, that they are "
        "plugged in all the way, and that your device does not play in mono. Then try once more.",
    )
    huggins: str = key(
        "Headphone test (Huggins pitch): what to do",
        "You will hear three noises, one after the other. One of them has a faint, steady tone in it. "
        "Say which. If you are not sure, guess.\n\n"
        "- Keys: space plays the noises, 1, 2 and 3 choose.",
    )
    huggins_question: str = key(
        "Headphone test (Huggins pitch): the question", "Which noise had the tone in it?"
    )
    huggins_choice: str = key("Headphone test (Huggins pitch): the three choices", "Noise {number}")
    antiphase: str = key(
        "Headphone test (antiphase): what to do",
        "You will hear three tones, one after the other. One of them is quieter than the others. Say "
        "which. If you are not sure, guess.\n\n"
        "- Keys: space plays the tones, 1, 2 and 3 choose.",
    )
    antiphase_question: str = key(
        "Headphone test (antiphase): the question", "Which tone was the quietest?"
    )
    antiphase_choice: str = key("Headphone test (antiphase): the three choices", "Tone {number}")
    headphones_button: str = key("Headphone test: button that begins it", "Start")
    headphones_progress: str = key("Headphone test: progress", "Test sound {position} of {count}")
    headphones_loading: str = key("Headphone test: while a sound loads", "Loading the sound …")
    headphones_ready: str = key(
        "Headphone test: before a sound plays", "Press Play or the space bar. It plays once."
    )
    headphones_listen: str = key("Headphone test: while a sound plays", "Listen.")
    instructions_heading: str = key("Instructions page: heading", "What to do")
    instructions: str = key(
        "Instructions page: what to do",
        "You will see the same short video twice, with two different sounds. One is the real sound "
        "that was recorded with the video; the other one was made by a computer.\n\n"
        "- Play the pair: first Sound 1, then Sound 2.\n"
        "- Then choose the one that you think is real. If you are not sure, guess.\n"
        "- Keys: space plays the pair, 1 and 2 choose.",
    )
    with_practice: str = key(
        "Instructions page: what comes, in a study with practice",
        "We start with {practice} practice pairs, after which you are told the right answer. Then "
        "come {main} pairs without.",
    )
    without_practice: str = key(
        "Instructions page: what comes, in a study without practice (practice = 0)",
        "There are {main} pairs.",
    )
    instructions_button: str = key("Instructions page: button", "Start")
    sound_1: str = key("Name of the first sound of a pair", "Sound 1")
    sound_2: str = key("Name of the second sound of a pair", "Sound 2")
    question: str = key("Trial page: the question", "Which one had the real sound?")
    play_button: str = key("Trial page: button that starts a pair", "Play")
    replay_button: str = key("Trial page: button that plays the pair again", "Play again")
    replays_left: str = key("Trial page: how often it may still be played", "{count} left")
    loading: str = key("Trial page: while the videos load", "Loading the videos …")
    ready: str = key("Trial page: before the pair plays", "Press Play or the space bar.")
    listen: str = key("Trial page: while the pair plays", "Watch and listen.")
    saving: str = key("Trial page: while the answer is sent", "Saving your answer …")
    practice_progress: str = key("Trial page: progress in practice", "Practice {position} of {count}")
    main_progress: str = key("Trial page: progress", "Pair {position} of {count}")
    right: str = key("Practice: after a right answer", "Right! {sound} was the real one.")
    wrong: str = key("Practice: after a wrong answer", "Not quite: {sound} was the real one.")
    next_button: str = key("Practice: button that goes on", "Next pair")
    practice_over_heading: str = key("After the practice: heading", "The practice is over")
    practice_over: str = key(
        "After the practice: what comes now",
        "Now come {main} pairs. You will not be told the right answers any more.",
    )
    practice_over_button: str = key("After the practice: button", "Go on")
    blocked: str = key(
        "Trial page: when the browser did not let the video play",
        "Your browser held the video back. Press Play once more.",
    )
    told_stalled: str = key(
        "Trial page: after a clip that halted or came too slowly",
        "That pair did not play smoothly, so it does not count. It is no fault of yours.",
    )
    told_failed: str = key(
        "Trial page: after clips that could not be loaded or played",
        "That pair could not be played, so it does not count. It is no fault of yours.",
    )
    told_elsewhere: str = key(
        "Trial page: when the pair was answered in another window of the same participant",
        "That pair was answered in another window. Let's go on with the next one.",
    )
    told_button: str = key("Trial page: button that goes on after one of these", "Go on")
    stop_button: str = key("Every page after consent: button to stop", "Stop taking part")
    stop_heading: str = key("Every page after consent: the question before stopping", "Stop now?")
    stop: str = key(
        "Every page after consent: what stopping means",
        "You may stop at any time, without giving a reason. You can't come back to the study "
        "afterwards.",
    )
    stop_yes_button: str = key("Every page after consent: button that stops for good", "Stop")
    stop_no_button: str = key("Every page after consent: button that does not", "Go on with the study")
    offline: str = key(
        "Any page: when the server can't be reached; the page goes on trying by itself",
        "The connection is lost. Your answer is kept here and sent as soon as it is back; "
        "please leave this page open.",
    )
    failed: str = key(
        "Any page: when something can't be loaded, before a button that tries again",
        "Something could not be loaded. Please check your connection and try again.",
    )
    retry_button: str = key("Any page: button that tries again", "Try again")
    thanks_heading: str = key("Last page: heading", "Thank you!")
    thanks: str = key("Last page: to those who finished", "All your answers are saved.")
    thanks_screened_out: str = key(
        "Last page: to those who did not pass the headphone test",
        "The headphone test did not show that your headphones play two separate sides, so the study "
        "ends here. That happens with good headphones, too, and is no fault of yours.",
    )
    thanks_failed_media: str = key(
        "Last page: to those whose browser would not play the clips",
        "Several clips did not play as they must on this device, so the study ends here. That is no "
        "fault of yours, and what you answered so far is saved.",
    )
    thanks_withdrawn: str = key(
        "Last page: to those who stopped",
        "You have stopped taking part. What you answered so far is saved; if you want it deleted, write "
        "to those who invited you, with the code below.",
    )
    thanks_pay: str = key(
        "Last page: what it is worth, where the study file says so under [pay]",
        "For your time you receive {pay}.",
    )
    departure_none: str = key(
        "Last page: to those who need not go anywhere", "You may close this page now."
    )
    departure_get: str = key(
        "Last page: to those who go back to the panel that sent them",
        "One step is left: go back to where you came from, so that your part is recorded there too.",
    )
    departure_button: str = key("Last page: button that goes back there", "Go back")
    departure_wait: str = key(
        "Last page: until those who finished are taken there", "in {seconds} seconds by itself"
    )
    departure_post: str = key(
        "Last page: to those who submit the work to MTurk",
        "One step is left: submit the HIT, so that you are paid.",
    )
    departure_submit_button: str = key("Last page: button that submits it", "Submit")
    code_spare_label: str = key(
        "Last page: what the completion code is, to those who go back by themselves",
        "Keep this code in case that does not work",
    )
    code_label: str = key("Last page: what the completion code is", "Your completion code")
    copy_button: str = key("Last page: button that copies the code", "Copy")
    copied: str = key("Last page: after the code was copied", "Copied")
    error_heading: str = key("Error page: heading", "Something went wrong")
    error: str = key(
        "Error page, when the fault is the site's",
        "The fault is ours. Please load this page again in a minute; every answer that you have given "
        "so far is kept.",
    )
    bad_link: str = key(
        "Any page: when the link is incomplete or not from this study",
        "This link is not complete. Please open the link that you were given once more.",
    )
    no_javascript: str = key(
        "Any page: when the browser runs no JavaScript",
        "This page needs JavaScript. Please switch it on, or open the page in another browser.",
    )
