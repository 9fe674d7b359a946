"""Made-up people for customer files, of several sorts, so that no dictionary of ours decides how well we do.

In: a seeded random.Random. Out: `Who` with every notation of the name. Nobody here exists.
"""

import random
from dataclasses import dataclass

# Written | reading | romaji, by sort. Common, rare, with variant kanji, of one character; then put together at random.
_FAMILY = """
佐藤 サトウ sato|鈴木 スズキ suzuki|高橋 タカハシ takahashi|田中 タナカ tanaka|伊藤 イトウ ito|渡辺 ワタナベ watanabe|山本 ヤマモト yamamoto|中村 ナカムラ nakamura|小林 コバヤシ kobayashi|加藤 カトウ kato|大野 オオノ ohno|大島 オオシマ oshima
小鳥遊 タカナシ takanashi|四月一日 ワタヌキ watanuki|勅使河原 テシガワラ teshigawara|御手洗 ミタライ mitarai|東海林 ショウジ shoji|五百旗頭 イオキベ iokibe|八月朔日 ホヅミ hozumi|月見里 ヤマナシ yamanashi|一尺八寸 カマツカ kamatsuka|左衛門三郎 サエモンサブロウ saemonsaburo|長宗我部 チョウソカベ chosokabe|百目鬼 ドウメキ domeki|薬袋 ミナイ minai|栗花落 ツユリ tsuyuri|鴨志田 カモシダ kamoshida|財前 ザイゼン zaizen|喜屋武 キャン kyan|比嘉 ヒガ higa|金城 キンジョウ kinjo|仲村渠 ナカンダカリ nakandakari|小比類巻 コヒルイマキ kohiruimaki|留目 トドメ todome|吉良 キラ kira|毛受 メンジュ menju
髙橋 タカハシ takahashi|山﨑 ヤマザキ yamazaki|𠮷田 ヨシダ yoshida|渡邉 ワタナベ watanabe|渡邊 ワタナベ watanabe|齋藤 サイトウ saito|齊藤 サイトウ saito|濵田 ハマダ hamada|德永 トクナガ tokunaga|廣瀬 ヒロセ hirose|佐々木 ササキ sasaki|野々村 ノノムラ nonomura
林 ハヤシ hayashi|森 モリ mori|原 ハラ hara|東 アズマ azuma|関 セキ seki|堀 ホリ hori|辻 ツジ tsuji|菅 カン kan|乾 イヌイ inui|南 ミナミ minami|巽 タツミ tatsumi|榊 サカキ sakaki|畑 ハタ hata|谷 タニ tani|梶 カジ kaji|鎌 カマ kama
"""
_GIVEN = """
太郎 タロウ taro|花子 ハナコ hanako|健太 ケンタ kenta|美咲 ミサキ misaki|大輔 ダイスケ daisuke|陽子 ヨウコ yoko|誠 マコト makoto|愛 アイ ai|裕一郎 ユウイチロウ yuichiro|千代子 チヨコ chiyoko
心愛 ココア kokoa|月 ルナ runa|七音 ドレミ doremi|希空 ノア noa|陽翔 ハルト haruto|颯人 ハヤト hayato|碧 アオイ aoi|琉生 ルイ rui|結愛 ユア yua|蒼空 ソラ sora|愛莉 アイリ airi|大空 ソラ sora|星來 セイラ seira|夢叶 ユメカ yumeka|海音 カノン kanon|黄熊 プウ pu|絆 キズナ kizuna|煌大 コウダイ kodai|凛空 リク riku|杏樹 アンジュ anju|瑛斗 エイト eito
さくら サクラ sakura|ひなた ヒナタ hinata|まゆみ マユミ mayumi|ゆうたろう ユウタロウ yutaro|あかり アカリ akari|こころ ココロ kokoro|つばさ ツバサ tsubasa|みさと ミサト misato|のぞみ ノゾミ nozomi|いぶき イブキ ibuki
エリカ エリカ erika|マリ マリ mari|ジュン ジュン jun|翔 ショウ sho|蓮 レン ren|悠 ユウ yu|倫太朗 リンタロウ rintaro|奈々 ナナ nana|侑李 ユウリ yuri|菜乃花 ナノカ nanoka
"""
_FAMILY_HEADS = [
    "荒アラara",
    "石イシishi",
    "岩イワiwa",
    "梅ウメume",
    "大オオo",
    "奥オクoku",
    "川カワkawa",
    "北キタkita",
    "黒クロkuro",
    "小コko",
    "塩シオshio",
    "柴シバshiba",
    "高タカtaka",
    "竹タケtake",
    "土ツチtsuchi",
    "長ナガnaga",
    "西ニシnishi",
    "萩ハギhagi",
    "平ヒラhira",
    "古フルfuru",
    "松マツmatsu",
    "水ミズmizu",
    "宮ミヤmiya",
    "森モリmori",
    "柳ヤナギyanagi",
    "横ヨコyoko",
    "若ワカwaka",
    "鶴ツルtsuru",
    "鹿シカshika",
    "蛭ヒルhiru",
]
_FAMILY_TAILS = [
    "田タta",
    "山ヤマyama",
    "川カワkawa",
    "原ハラhara",
    "野ノno",
    "村ムラmura",
    "沢サワsawa",
    "島シマshima",
    "崎サキsaki",
    "池イケike",
    "谷タニtani",
    "岡オカoka",
    "井イi",
    "本モトmoto",
    "坂サカsaka",
    "浦ウラura",
    "畑ハタhata",
    "根ネne",
    "塚ヅカzuka",
    "尾オo",
]
_GIVEN_HEADS = [
    "明アキaki",
    "和カズkazu",
    "清キヨkiyo",
    "重シゲshige",
    "孝タカtaka",
    "武タケtake",
    "利トシtoshi",
    "直ナオnao",
    "信ノブnobu",
    "春ハルharu",
    "久ヒサhisa",
    "弘ヒロhiro",
    "正マサmasa",
    "道ミチmichi",
    "光ミツmitsu",
    "恭ヤスyasu",
    "幸ユキyuki",
    "義ヨシyoshi",
    "智トモtomo",
    "澄スミsumi",
    "桃モモmomo",
    "詩ウタuta",
]
_GIVEN_TAILS = [
    "夫オo",
    "男オo",
    "雄オo",
    "彦ヒコhiko",
    "樹キki",
    "也ヤya",
    "之ユキyuki",
    "美ミmi",
    "子コko",
    "江エe",
    "代ヨyo",
    "香カka",
    "恵エe",
    "乃ノno",
    "佳カka",
    "穂ホho",
    "治ハルharu",
    "斗トto",
    "奈ナna",
    "希キki",
]
_FOREIGN = """
グエン・ティ・フオン グエン ティフオン NGUYEN THI HUONG|グエン・バン・アン グエン バンアン NGUYEN VAN AN|チャン・ミン・トゥアン チャン ミントゥアン TRAN MINH TUAN|マリア・サントス サントス マリア SANTOS MARIA|ロドリゲス・マルコス ロドリゲス マルコス RODRIGUEZ MARCOS|ジョン・スミス スミス ジョン SMITH JOHN|エミリー・ブラウン ブラウン エミリー BROWN EMILY|シルバ・カルロス シルバ カルロス SILVA CARLOS|プラダン・ラム プラダン ラム PRADHAN RAM|デヴィッド・ウィルソン ウィルソン デヴィッド WILSON DAVID|王 偉 ワン ウェイ WANG WEI|李 秀英 リ シュウエイ LI XIUYING|張 敏 チャン ミン ZHANG MIN|陳 志強 チン シキョウ CHEN ZHIQIANG|金 民秀 キム ミンス KIM MINSU|朴 智恵 パク チヘ PARK JIHYE|アハマド・カーン カーン アハマド KHAN AHMAD|オリビア・ジョンソン ジョンソン オリビア JOHNSON OLIVIA
"""


@dataclass(frozen=True, slots=True)
class Who:
    """family and given; the same in katakana and romaji. foreign: the name is written as one."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str
    foreign: str = ""


def _split(text: str) -> list[list[str]]:
    return [entry.split() for entry in text.replace("\n", "|").split("|") if entry.strip()]


FAMILIES, GIVENS = _split(_FAMILY), _split(_GIVEN)


def _piece(text: str) -> tuple[str, str, str]:
    kana = "".join(char for char in text[1:] if "ァ" <= char <= "ヺ" or char == "ー")
    return text[0], kana, text[1 + len(kana) :]


def _built(rng: random.Random, heads: list[str], tails: list[str]) -> tuple[str, str, str]:
    head, tail = _piece(rng.choice(heads)), _piece(rng.choice(tails))
    return head[0] + tail[0], head[1] + tail[1], head[2] + tail[2]


def _foreigner(rng: random.Random) -> Who:
    words = rng.choice(_FOREIGN.strip().replace("\n", "|").split("|")).split()
    latin = [word for word in words if word.isascii()]
    written = [word for word in words if not word.isascii()]
    name, kana = " ".join(written[:-2]), written[-2:]
    return Who(name.replace("・", " "), "", kana[0], kana[1], latin[0].title(), " ".join(latin[1:]).title(), name)


def who(rng: random.Random) -> Who:
    """One person of a random sort: 35 % listed, 50 % put together, 10 % with a listed half, 5 % from abroad."""
    sort = rng.random()
    if sort < 0.05:
        return _foreigner(rng)
    family = tuple(rng.choice(FAMILIES)) if sort < 0.5 else _built(rng, _FAMILY_HEADS, _FAMILY_TAILS)
    given = tuple(rng.choice(GIVENS)) if sort < 0.6 else _built(rng, _GIVEN_HEADS, _GIVEN_TAILS)
    return Who(family[0], given[0], family[1], given[1], family[2].title(), given[2].title())
