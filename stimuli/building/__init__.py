"""From recordings and variants to a stimulus set on disk.

In the order of the data: `grid` and `sampling` choose impacts, `recordings` cuts their clips, `variants`
and `catch` make the other sounds, `levels` and `encoding` (or `silent`) write the files, `partial` keeps
what is done, `provenance`, `notes` and `sets` make the manifest; `build` leads through all of it.
"""
