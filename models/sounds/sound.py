"""The one sample rate, and the window round an impact, in which all sounds are handled."""

SAMPLE_RATE = 44_100  # Hz; 490 samples per envelope step
ENVELOPE_RATE = 90  # Hz; "we then downsample these envelopes to 90Hz" (Section 4)
ENVELOPE_HOP = SAMPLE_RATE // ENVELOPE_RATE  # 490 samples
CLIP_STEPS = 45  # envelope steps a clip: 15 video frames, 3 steps each (Section 5.1)
MARGIN_STEPS = 10  # kept on either side, so that filters see no edge inside the clip

WINDOW_STEPS = CLIP_STEPS + 2 * MARGIN_STEPS  # 65
WINDOW_SAMPLES = WINDOW_STEPS * ENVELOPE_HOP  # 31,850 samples, 0.722 s
WINDOW_IMPACT = (WINDOW_STEPS // 2) * ENVELOPE_HOP  # sample 15,680: the impact, on an envelope step
