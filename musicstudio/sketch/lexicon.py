"""The words the composer knows, in English, Spanish, French, German, Portuguese, Italian and Japanese.

Latin phrases are written without accents, in lower case; "|" separates synonyms. Latin phrases match whole words (a
plural s is allowed), Japanese ones anywhere.
"""

GENRE_WORDS: dict[str, str] = {
    "lofi": (
        "lo-fi|lofi|lo fi|low-fi|chillhop|chill hop|study beat|beats to study to|beats to relax to|jazzhop"
        "|musica para estudar|musica para estudiar|musique pour etudier|lernmusik|musica per studiare|ローファイ|勉強用"
        "|作業用"
    ),
    "ambient": (
        "ambient|ambiente|ambiental|ambiance|ambientale|drone|soundscape|meditation|meditative|meditacion|meditacao"
        "|meditazione|spa|yoga|sleep|sleeping|new age|space music|klanglandschaft|paisaje sonoro|paysage sonore"
        "|entspannungsmusik|schlafmusik|zen|アンビエント|瞑想|睡眠|環境音楽|ヒーリング"
    ),
    "cinematic": (
        "cinematic|film|cinema|pelicula|cinematique|cinematico|cinematica|cinematografico|cinematografica|filmmusik"
        "|film score|film music|movie score|movie|soundtrack|trailer|epic|epico|epica|epique|episch|epische|blockbuster"
        "|kinomusik|banda sonora|bande originale|trilha sonora|colonna sonora|シネマティック|映画音楽|映画|壮大"
        "|サウンドトラック"
    ),
    "house": "house|deep house|tech house|club|dance|edm|clubmusik|danza|danse|ハウス|クラブ|ダンスミュージック",
    "techno": "techno|tekno|rave|warehouse|minimal techno|industrial techno|テクノ",
    "synthwave": "synthwave|synth wave|synth-wave|retrowave|outrun|synth pop|synthpop|シンセウェイヴ|シンセウェーブ",
    "rock": "rock|rock and roll|rock'n'roll|hard rock|punk|rockmusik|rockig|garage rock|guitar band|ロック|パンク",
    "jazz": "jazz|swing|bebop|be-bop|jazzy|big band|smoky club|jazzig|jazzistico|ジャズ|スウィング",
    "orchestral": (
        "orchestral|orchestra|orchester|orchestre|orquesta|orquestra|orquestal|orchestrale|symphonic|symphony|sinfonico"
        "|sinfonica|symphonique|sinfonisch|game score|game music|video game music|boss fight|boss battle|fantasy"
        "|adventure|aventura|aventure|abenteuer|avventura|spielmusik|musica de videojuego|musique de jeu video"
        "|musica de jogo|オーケストラ|交響曲|ゲーム音楽|冒険|ファンタジー"
    ),
    "folk": (
        "folk|folklore|folklorico|acoustic|acustico|acustica|acoustique|akustisch|singer-songwriter|campfire|indie folk"
        "|celtic|celta|celtique|keltisch|celtico|volksmusik|フォーク|アコースティック|ケルト|民謡"
    ),
    "corporate": (
        "corporate|corporativo|corporativa|jingle|jingles|advert|advertising|commercial|explainer|presentation|promo"
        "|startup|uplifting pop|werbung|werbemusik|werbejingle|publicidad|publicite|publicidade|pubblicita|aziendale"
        "|unternehmen|imagefilm|empresarial|企業|コーポレート|ジングル|広告|プレゼン"
    ),
    "trap": "trap|trap beat|808s|drill|phonk|トラップ",
    "chiptune": (
        "chiptune|chip tune|8-bit|8 bit|8bit|16-bit|16 bit|nes|game boy|gameboy|arcade|pixel|retro game|チップチューン"
        "|8ビット|ピコピコ|ファミコン"
    ),
    "drum and bass": (
        "drum and bass|drum & bass|drum'n'bass|drum n bass|dnb|d&b|jungle|breakbeat|liquid dnb|liquid|ドラムンベース|ジャングル"
    ),
    "reggae": "reggae|dub|roots reggae|ska|dancehall|rocksteady|レゲエ|ダブ",
    "bossa nova": (
        "bossa nova|bossa|bossanova|samba|latin jazz|brazilian|brasileno|brasileira|brasileiro|ボサノバ|ボサノヴァ|サンバ"
    ),
    "waltz": "waltz|waltzes|vals|valse|walzer|valsa|valzer|viennese|ワルツ|円舞曲",
    "blues": "blues|bluesy|delta blues|twelve-bar|12-bar|12 bar|twelve bar|ブルース",
    "children": (
        "children|children's|childrens|kids|nursery|nursery rhyme|lullaby|toy|infantil|ninos|nana|cancion de cuna|enfants"
        "|enfantin|comptine|berceuse|kinder|kinderlied|kindermusik|wiegenlied|criancas|cancao de ninar|bambini"
        "|ninna nanna|子供|こども|子守唄|童謡"
    ),
    "horror": (
        "horror|scary|creepy|spooky|tension|tense|suspense|thriller|haunted|eerie|ominous|terror|miedo|suspenso|tenso"
        "|horreur|angoisse|effrayant|gruselig|unheimlich|spannung|spannend|grusel|medo|suspence|paura|spaventoso"
        "|inquietante|ホラー|怖い|恐怖|不気味|緊張|サスペンス"
    ),
}

# Styles without a table of their own: word -> the nearest style there is.
NEAR_GENRES: dict[str, str] = {
    "house": (
        "disco|trance|electronica|electronic|electro|electronique|elektronisch|elettronica|eletronica|garage|eurodance"
        "|ディスコ|電子音楽|エレクトロニカ"
    ),
    "techno": "industrial|hardstyle|gabber|psytrance|インダストリアル",
    "synthwave": "vaporwave|new wave|italo|city pop|シティポップ|darkwave",
    "rock": "metal|heavy metal|grunge|indie rock|indie|alternative|surf|メタル",
    "jazz": "lounge|soul|r&b|rnb|neo soul|funk|funky|ragtime|dixieland|ソウル|ファンク|ラウンジ",
    "lofi": "hip hop|hip-hop|boom bap|chillout|chill out|downtempo|trip hop|trip-hop|ヒップホップ|チルアウト",
    "orchestral": (
        "classical|clasica|classique|klassik|klassisch|classica|baroque|barock|medieval|march|marsch|クラシック|行進曲"
        "|opera|anime|アニメ"
    ),
    "folk": "country|bluegrass|americana|ballad|balada|ballade|ballata|world|カントリー|バラード",
    "corporate": "pop|popmusik|k-pop|j-pop|motivational|gospel|ポップ|ポップス",
    "trap": "rap|grime",
    "drum and bass": "dubstep|ダブステップ|breakcore|hyperpop",
    "bossa nova": "latin|salsa|tango|flamenco|mambo|rumba|merengue|cumbia|bachata|ラテン|タンゴ",
    "children": "christmas|navidad|noel|weihnachten|weihnachtlich|natal|natale|クリスマス|cartoon",
    "ambient": "minimalist|neoclassical|psybient|spiritual",
}

INSTRUMENT_WORDS: dict[str, str] = {
    "piano": "piano|grand piano|klavier|pianoforte|flugel|ピアノ|pianos",
    "felt piano": "felt piano|soft piano|muted piano|upright piano|フェルトピアノ",
    "rhodes": (
        "rhodes|electric piano|e-piano|epiano|e-klavier|piano electrico|piano electrique|piano eletrico|piano elettrico"
        "|エレピ|keys|keyboard"
    ),
    "wurlitzer": "wurlitzer|wurli",
    "organ": "organ|hammond|orgel|organo|orgue|orgao|オルガン",
    "church organ": "church organ|pipe organ|kirchenorgel|organo de iglesia|orgue d'eglise|パイプオルガン",
    "harpsichord": "harpsichord|cembalo|clavecin|clavecin|clavicembalo|チェンバロ",
    "accordion": "accordion|akkordeon|acordeon|accordeon|acordeao|fisarmonica|アコーディオン",
    "harmonica": "harmonica|mundharmonika|armonica|gaita|ハーモニカ",
    "steel guitar": (
        "guitar|acoustic guitar|gitarre|akustische gitarre|akustikgitarre|guitarra|guitarra acustica|guitare"
        "|guitare acoustique|chitarra|chitarra acustica|violao|ギター|アコギ"
    ),
    "nylon guitar": (
        "nylon guitar|classical guitar|spanish guitar|guitarra espanola|guitarra clasica|guitare classique|konzertgitarre"
        "|クラシックギター"
    ),
    "clean guitar": (
        "electric guitar|clean guitar|e-gitarre|guitarra electrica|guitare electrique|guitarra eletrica"
        "|chitarra elettrica|エレキギター|エレキ"
    ),
    "distorted guitar": (
        "distorted guitar|distortion|power chords|heavy guitar|fuzz|verzerrte gitarre|guitarra distorsionada|歪んだギター"
    ),
    "muted guitar": "muted guitar|palm mute|palm-muted guitar",
    "lead guitar": "lead guitar|guitar solo|solo guitar lead|ギターソロ",
    "banjo": "banjo|バンジョー",
    "ukulele": "ukulele|ukelele|ウクレレ",
    "harp": "harp|harfe|arpa|harpe|harpa|ハープ",
    "koto": "koto|shamisen|琴|箏|三味線",
    "sitar": "sitar|シタール",
    "bass guitar": "bass|bass guitar|electric bass|bajo|basse|bassgitarre|e-bass|baixo|basso|ベース",
    "upright bass": (
        "upright bass|double bass|contrabass|kontrabass|contrabajo|contrebasse|contrabaixo|contrabbasso|コントラバス|ウッドベース"
    ),
    "synth bass": "synth bass|bassline|synthbass|シンセベース",
    "acid bass": "acid|acid bass|303|tb-303",
    "sub bass": "sub bass|subbass|sub-bass",
    "808": "808|808 bass|tr-808",
    "strings": "strings|string section|streicher|cuerdas|cordes|cordas|archi|ストリングス|弦楽|violins",
    "violin": "violin|fiddle|violine|geige|violon|violino|バイオリン|ヴァイオリン",
    "viola": "viola|bratsche|alto violin|ヴィオラ|ビオラ",
    "cello": "cello|violoncello|violonchelo|violoncelle|violoncelo|chelo|チェロ",
    "pizzicato": "pizzicato|plucked strings|ピチカート",
    "tremolo strings": "tremolo strings|string tremolo",
    "horn": "french horn|horn|corno|trompa|cor|ホルン",
    "brass": "brass|brass section|blaser|metales|cuivres|metais|ottoni|ブラス|金管|horns",
    "trumpet": "trumpet|trompete|trompeta|trompette|tromba|トランペット",
    "trombone": "trombone|posaune|trombon|トロンボーン",
    "flute": "flute|flote|querflote|flauta|flauto|piccolo|フルート|笛",
    "shakuhachi": "shakuhachi|尺八",
    "clarinet": "clarinet|klarinette|clarinete|clarinette|clarinetto|クラリネット",
    "oboe": "oboe|hautbois|オーボエ|bassoon|fagott",
    "sax": "sax|saxophone|saxophon|saxofon|saxofone|sassofono|サックス|サクソフォン",
    "whistle": "whistle|whistling|tin whistle|silbido|sifflet|pfeifen|assobio|fischio|口笛",
    "choir": "choir|chor|coro|choeur|coral|aah choir|chorus vocals|コーラス|合唱|聖歌隊",
    "ooh choir": "humming|ooh choir|ethereal voices",
    "warm pad": "pad|pads|synth pad|warm pad|flachen|nappes|パッド",
    "synth strings": "synth strings|string machine",
    "saw lead": (
        "synth|synths|synthesizer|synth lead|lead synth|sintetizador|synthe|synthetiseur|synthesizers|sintetizzatore"
        "|シンセ|シンセサイザー"
    ),
    "supersaw": "supersaw|supersaws|big synths",
    "theremin": "theremin|テルミン",
    "vibraphone": "vibraphone|vibes|vibraphon|vibrafono|vibrafone|ヴィブラフォン|ビブラフォン",
    "marimba": "marimba|マリンバ",
    "xylophone": "xylophone|xylophon|xilofono|xilofone|木琴",
    "kalimba": "kalimba|thumb piano|mbira|カリンバ",
    "glockenspiel": "glockenspiel|bells|bell|glocken|campanas|campanillas|cloches|sinos|campane|sleigh bells|鈴|ベル|グロッケン",
    "tubular bells": "tubular bells|church bell|church bells|kirchenglocken|鐘",
    "celesta": "celesta|celeste|チェレスタ",
    "music box": "music box|spieluhr|caja de musica|boite a musique|caixa de musica|caixinha de musica|carillon|オルゴール",
    "steel drum": "steel drum|steel drums|steelpan|スティールパン",
    "bell pluck": "plucks|pluck|arpeggio|arpeggios|arpeggiated|arp|アルペジオ",
}

# Words that name a role rather than an instrument; they matter mostly in "no drums".
ROLE_WORDS: dict[str, str] = {
    "drums": (
        "drum|drums|percussion|clap|hand clap|snap|finger snap|palmas|drum kit|drumkit|drum beat|beat|beats|schlagzeug"
        "|trommeln|perkussion|bateria|percusion|percusiones|tambores|batterie|percussions|tambours|percussao|batteria"
        "|percussioni|tamburi|taiko|ドラム|打楽器|太鼓|パーカッション|ビート"
    ),
    "lead": "melody|melodie|melodia|lead|メロディ|メロディー|tune",
    "chords": "chords|akkorde|acordes|accords|accordi|コード",
    "vocals": (
        "vocal|vocals|voice|voices|singing|singer|sung|lyrics|rap verse|gesang|stimme|stimmen|sanger|sangerin|voz|voces"
        "|vocales|canto|cantante|letra|voix|chant|chanteur|chanteuse|paroles|vozes|vocais|cantor|cantora|voce|voci"
        "|cantato|testo|ボーカル|歌|声|歌詞"
    ),
}

TEXTURE_WORDS: dict[str, str] = {
    "rain": (
        "rain|rainy|light rain|soft rain|gentle rain|heavy rain|raindrops|rainfall|regen|leichter regen|regnerisch"
        "|regentropfen|lluvia|lluvioso|pluie|pluvieux|chuva|chuvoso|pioggia|piovoso|雨|雨音"
    ),
    "vinyl": (
        "vinyl|vinyl crackle|record crackle|crackle|dusty record|dusty|vinilo|vinyle|schallplatte|knistern|disco de vinil"
        "|vinil|vinile|レコード"
    ),
    "ocean": (
        "ocean|sea|waves|seaside|beach|surf sounds|meer|meeresrauschen|wellenrauschen|wellen|ozean|strand|oceano|mar|olas"
        "|playa|mer|vagues|plage|ondas|praia|mare|onde|spiaggia|海|波"
    ),
    "wind": "wind|windy|breeze|storm wind|brise|viento|vent|vento|風",
    "fire": (
        "fire|fireplace|campfire sounds|crackling fire|feuer|kamin|lagerfeuer|fuego|chimenea|hoguera|feu|cheminee|fogo"
        "|lareira|fuoco|caminetto|焚き火|暖炉|火"
    ),
    "birds": (
        "bird|birds|birdsong|forest|vogel|vogelgezwitscher|wald|pajaros|aves|bosque|oiseaux|foret|passaros|floresta"
        "|uccelli|foresta|bosco|鳥|森|小鳥"
    ),
    "café": (
        "cafe|cafe sounds|coffee shop|coffeehouse|coffee house|cafeteria|kaffeehaus|caffe|bar chatter|crowd|restaurant"
        "|カフェ|喫茶店"
    ),
    "tape": "tape|tape hiss|cassette|kassette|cinta|casete|bande magnetique|fita|nastro|cassetta|カセット|テープ",
}

# word group -> (mood -1 dark..1 bright, energy -1..1, pace -1..1); the key is how it is reported.
MOOD_WORDS: dict[str, tuple[str, float, float, float]] = {
    "happy": (
        (
            "happy|cheerful|joyful|joyous|bright|sunny|playful|fun|feel-good|alegre|feliz|joyeux|joyeuse|gai|heureux"
            "|frohlich|glucklich|heiter|lustig|divertido|felice|gioioso|allegra|solare|明るい|楽しい|幸せ|陽気"
        ),
        1.0,
        0.2,
        0.2,
    ),
    "hopeful": (
        (
            "hopeful|uplifting|inspiring|optimistic|positive|esperanzador|optimista|esperancoso|plein d'espoir|inspirant"
            "|hoffnungsvoll|inspirierend|otimista|speranzoso|ottimista|希望|前向き|感動的"
        ),
        0.8,
        0.15,
        0.0,
    ),
    "romantic": (
        ("romantic|love|tender|romantico|romantica|romantique|romantisch|zartlich|amor|amour|liebe|amore|ロマンチック|愛"),
        0.4,
        -0.2,
        -0.2,
    ),
    "sad": (
        (
            "sad|melancholic|melancholy|sorrowful|mournful|heartbroken|lonely|tearful|triste|melancolico|melancolica"
            "|melancolique|traurig|melancholisch|einsam|malinconico|malinconica|solitario|solitaria|悲しい|切ない|寂しい"
            "|哀愁"
        ),
        -1.0,
        -0.3,
        -0.35,
    ),
    "nostalgic": (
        (
            "nostalgic|nostalgia|bittersweet|wistful|nostalgico|nostalgica|nostalgique|nostalgisch|wehmutig|懐かしい"
            "|ノスタルジック"
        ),
        -0.3,
        -0.1,
        -0.1,
    ),
    "dark": (
        (
            "dark|gloomy|menacing|sinister|evil|mysterious|oscuro|oscura|sombrio|sombre|mysterieux|dunkel|duster"
            "|geheimnisvoll|misterioso|escuro|escura|tenebroso|scuro|cupo|暗い|ダーク|神秘的|怪しい"
        ),
        -1.0,
        0.0,
        0.0,
    ),
    "angry": (
        (
            "angry|aggressive|furious|brutal|agresivo|enojado|agressif|en colere|wutend|aggressiv|agressivo|arrabbiato"
            "|aggressivo|激しい|怒り"
        ),
        -0.6,
        0.9,
        0.4,
    ),
    "calm": (
        (
            "calm|calming|relaxing|relaxed|chill|peaceful|gentle|soft|mellow|quiet|serene|soothing|tranquil|dreamy|sleepy"
            "|tranquilo|tranquila|suave|relajante|pacifico|calme|doux|douce|paisible|reposant|relaxant|ruhig|sanft"
            "|entspannt|friedlich|leise|vertraumt|calmo|calma|relaxante|dolce|rilassante|tranquillo|tranquilla|sereno"
            "|静か|穏やか|落ち着いた|リラックス|優しい|癒し|癒やし"
        ),
        0.1,
        -0.6,
        -0.35,
    ),
    "energetic": (
        (
            "energetic|upbeat|lively|driving|powerful|intense|hype|exciting|pumping|banging|loud|heavy|energico|energica"
            "|animado|potente|energique|puissant|intenso|intensa|energisch|energiegeladen|kraftvoll|treibend|mitreissend"
            "|poderoso|energetico|エネルギッシュ|元気|力強い|ノリノリ"
        ),
        0.2,
        0.8,
        0.35,
    ),
    "triumphant": (
        (
            "triumphant|heroic|victorious|victory|majestic|glorious|heroico|heroique|heldenhaft|triumphal|eroico"
            "|trionfale|triunfante|勝利|英雄"
        ),
        0.7,
        0.7,
        0.1,
    ),
    "groovy": (
        "groovy|laid-back|laid back|smooth|cool|グルーヴィー",
        0.2,
        0.0,
        -0.1,
    ),
}

PACE_WORDS: dict[str, tuple[str, float]] = {
    "slow": (
        (
            "slow|slowly|slow tempo|largo|adagio|lento|lenta|lentamente|downtempo|lent|lente|lentement|langsam|devagar"
            "|遅い|ゆっくり|スロー"
        ),
        -1.0,
    ),
    "moderate tempo": (
        "mid-tempo|midtempo|medium tempo|moderate tempo|andante|moderato|moderado|modere|massig|中くらいのテンポ",
        0.01,
    ),
    "fast": (
        (
            "fast|quick|up-tempo|uptempo|rapid|fast-paced|allegro|presto|vivace|rapido|rapida|veloz|rapide|vite|schnell"
            "|flott|velocemente|veloce|速い|アップテンポ|早い"
        ),
        1.0,
    ),
}

MODE_WORDS: dict[str, str] = {
    "major": "major|major key|dur|mayor|majeur|maior|maggiore|長調|メジャー",
    "minor": "minor|minor key|moll|menor|mineur|minore|短調|マイナー",
    "dorian": "dorian|dorisch|dorico|dorien",
    "phrygian": "phrygian|phrygisch|frigio|phrygien",
    "lydian": "lydian|lydisch|lidio|lydien",
    "mixolydian": "mixolydian|mixolydisch|mixolidio|mixolydien",
    "harmonic minor": "harmonic minor|menor armonica|mineur harmonique|harmonisch moll",
}

FLAG_WORDS: dict[str, str] = {
    "build": (
        "build|builds|build up|build-up|builds up|building|buildup|crescendo|grows|growing|rising|gradually louder"
        "|baut sich auf|steigert sich|steigerung|en aumento|creciente|va creciendo|monte en puissance|montee|crescente"
        "|cresce|盛り上がる|だんだん"
    ),
    "soft end": (
        "ends softly|end softly|soft ending|gentle ending|quiet ending|ends quietly|ends gently|ending softly|fade out"
        "|fades out|fade-out|fading out|termina suave|termina suavemente|final suave|finit doucement|fin douce"
        "|se termine doucement|endet leise|endet sanft|sanftes ende|leises ende|termina devagar|finisce piano"
        "|finisce dolcemente|finale dolce|静かに終わる|フェードアウト"
    ),
    "loop": (
        "loop|loops|looping|loopable|seamless|seamless loop|bucle|boucle|en boucle|schleife|endlosschleife|em loop"
        "|ciclo continuo|ループ"
    ),
    "sting": (
        "sting|stinger|logo|ident|bumper|audio logo|sonic logo|cortinilla|vinheta|sigla|virgule sonore|スティンガー|サウンドロゴ"
    ),
}

DROP_WORDS = "drop|drops|beat drop|impact|explosion|explodes|hit|hits|bang|punch|caida|einschlag|chute|queda|ドロップ"
STOP_WORDS = "stop|stops|break|breakdown|pause|silence|quiet|calm|parada|pausa|arret|stille|静寂|ブレイク"
LIFT_WORDS = (
    "lift|lifts|climax|peak|chorus|swell|rise|arrival|reveal|turn|change|louder|hopeful lift|hohepunkt|climax|apogee"
    "|sommet|culmine|盛り上がり|クライマックス"
)

NEGATORS = (
    "no|not|without|non|minus|zero|never|avoid|exclude|excluding|don't use|dont use|don't|sin|nada de|sans|pas de|pas"
    "|aucun|aucune|ohne|kein|keine|keinen|nicht|sem|nao|nenhum|nenhuma|senza|niente|nessun|nessuna"
)
JAPANESE_NEGATION = r"(?:なし|無し|抜き|ぬき|を使わない|は使わない|は不要|のない|を入れない|はいらない|はいれない)"
SOLO_WORDS = (
    "solo|only|just|unaccompanied|alone|solitary|nur|allein|seul|seule|seulement|solamente|somente|apenas|soltanto|da solo"
)
JAPANESE_SOLO = r"(?:のみ|だけ|ソロ|独奏)"
JOINERS = "and|or|nor|und|oder|noch|y|e|o|u|ni|et|ou|nem|ed|ne|any|no|without|sin|sans|ohne|sem|senza"

# Words that ask for nothing by themselves, so that only real gaps are reported as not understood.
_SILENT = """
a about algo also am an and any around as at audio autumn avec background be beautiful big bit bpm brano but by
cancion canzone chanson che city classic clean com compose con create da dans das day de deep dei del della dem den
der des di die do dos du e early ein eine einem einen einer el em en end ending ends estilo et etwas eu evening
evoking faixa featuring feel feeling for from fur generate give gli good great high i ich il im in inspired
instrumental into intro is it its je key kind la las late le length les less lied light like little live lo long los
lot low lush mais make mas master me medium mehr meno menos minute minutes mit mixed mochte modern moins molto mood
morceau more morning most muito music musica musik musique muy my na nas need new nice night no nos not o oder of old
on or os ou our outro over para per pezzo piece pieza pista piste piu please plus por pour quality que quero quiero
real really recorded retro rich room scene second seconds sehr short signature simple slight small some something song
sort sound sounding sounds spring start starts stil stile street stuck style styled subtle summer sur tempo that the
theme then this through time to too track traditional tres tune uber um uma un una unas und under une uno unos using
very veux vibe vibes video vintage vorrei want warm weniger when where which while winter with without would write y
your zum zur
"""
SILENT_WORDS = frozenset(_SILENT.split())
