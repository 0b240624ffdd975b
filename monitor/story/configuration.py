"""The demo's config.yaml: what somebody at Streamly would have written."""

CONFIG = """\
# Three made-up brands, 42 days of made-up mentions. Written by `monitor demo`; yours looks the same.

data_dir: data                    # the private store, beside this file

brands:
  - name: Streamly                # ours
    rule: 'streamly OR streamlyhelp OR "stream ly"'
    exclude: '"streamly stables"' # a riding school of the same name
    mute:
      sites: [hd-free-links.example]            # a link farm: collected, never counted
    own_handles: ['x:streamlyhelp', 'comments:streamlynewsroom']
    rivals: [Vuebox, Cinemata]    # looked for among those who leave
    timezone: America/New_York    # its days begin and end there

  - name: Vuebox
    rule: 'vuebox OR vueboxcare'
    mute:
      sites: [hd-free-links.example]
    own_handles: ['x:vueboxcare']
    rivals: [Streamly, Cinemata]
    timezone: Europe/Berlin

  - name: Cinemata
    rule: 'cinemata OR cinemata_desk'
    mute:
      sites: [hd-free-links.example]
    own_handles: ['x:cinemata_desk']
    rivals: [Streamly, Vuebox]
    timezone: UTC

sources:
  file:
    # what is said in these places is about the brand, named or not
    places:
      - {source: reddit, channel: streamly, about: Streamly}
      - {source: comments, channel: blog.streamly.example, about: Streamly}

detect:
  sensitivity: balanced           # calm, balanced or eager
  lateness: 10m                   # how long a five-minute bin waits for slow sources

publish:
  every: 5m                       # how often analysts get a new copy
  folder: published
"""
