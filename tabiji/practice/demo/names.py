"""Names of the demo company's people and companies: made up, and the same each time.

Addresses are under `.example` (RFC 2606), telephone numbers of a block that nobody has (JAPAN: 00 after
the area code), and no real company is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Name:
    """Family and given name in kanji, katakana and letters."""

    last_name: str
    first_name: str
    last_kana: str
    first_kana: str
    last_roman: str
    first_roman: str


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    domain: str


def person(number: int) -> Name:
    """The n-th person's name; the first 6,400 numbers differ."""
    family, given = number % len(_FAMILY), (number // len(_FAMILY) + number) % len(_GIVEN)
    last, first = _FAMILY[family], _GIVEN[given]
    return Name(last[0], first[0], last[1], first[1], last[2], first[2])


def company(number: int) -> Company:
    """The n-th company's name and domain; the first 1,200 numbers differ."""
    head = _HEADS[number % len(_HEADS)]
    tail = _TAILS[(number // len(_HEADS) + number) % len(_TAILS)]
    name = head[0] + tail[0]
    kind = ("株式会社{}", "{}株式会社", "有限会社{}", "株式会社{}", "合同会社{}")[number % 5]
    return Company(kind.format(name), f"{head[1]}-{tail[1]}.example")


def mobile(number: int) -> str:
    """A mobile number that nobody has: 090-00xx-xxxx."""
    return f"090-00{number // 10_000 % 100:02}-{number % 10_000:04}"


def switchboard(number: int) -> str:
    """A company's own number that nobody has: 03-00xx-xxxx."""
    return f"03-00{number // 10_000 % 100:02}-{number % 10_000:04}"


def _table(text: str) -> list[tuple[str, ...]]:
    return [tuple(entry.split("/")) for entry in text.split()]


_FAMILY: Final = _table(
    "佐藤/サトウ/sato 鈴木/スズキ/suzuki 高橋/タカハシ/takahashi 田中/タナカ/tanaka 伊藤/イトウ/ito "
    "渡辺/ワタナベ/watanabe 山本/ヤマモト/yamamoto 中村/ナカムラ/nakamura 小林/コバヤシ/kobayashi 加藤/カトウ/kato "
    "吉田/ヨシダ/yoshida 山田/ヤマダ/yamada 佐々木/ササキ/sasaki 山口/ヤマグチ/yamaguchi 松本/マツモト/matsumoto "
    "井上/イノウエ/inoue 木村/キムラ/kimura 林/ハヤシ/hayashi 斎藤/サイトウ/saito 清水/シミズ/shimizu "
    "山崎/ヤマザキ/yamazaki 阿部/アベ/abe 森/モリ/mori 池田/イケダ/ikeda 橋本/ハシモト/hashimoto "
    "石川/イシカワ/ishikawa 山下/ヤマシタ/yamashita 小川/オガワ/ogawa 石井/イシイ/ishii 長谷川/ハセガワ/hasegawa "
    "後藤/ゴトウ/goto 岡田/オカダ/okada 近藤/コンドウ/kondo 前田/マエダ/maeda 藤田/フジタ/fujita "
    "遠藤/エンドウ/endo 青木/アオキ/aoki 坂本/サカモト/sakamoto 村上/ムラカミ/murakami 太田/オオタ/ota "
    "金子/カネコ/kaneko 藤井/フジイ/fujii 福田/フクダ/fukuda 西村/ニシムラ/nishimura 三浦/ミウラ/miura "
    "竹内/タケウチ/takeuchi 中川/ナカガワ/nakagawa 岡本/オカモト/okamoto 松田/マツダ/matsuda 原田/ハラダ/harada "
    "中野/ナカノ/nakano 小野/オノ/ono 田村/タムラ/tamura 藤原/フジワラ/fujiwara 中山/ナカヤマ/nakayama "
    "石田/イシダ/ishida 小島/コジマ/kojima 和田/ワダ/wada 森田/モリタ/morita 内田/ウチダ/uchida "
    "柴田/シバタ/shibata 酒井/サカイ/sakai 原/ハラ/hara 高木/タカギ/takagi 横山/ヨコヤマ/yokoyama "
    "安藤/アンドウ/ando 宮崎/ミヤザキ/miyazaki 上田/ウエダ/ueda 島田/シマダ/shimada 工藤/クドウ/kudo "
    "大野/オオノ/ono2 宮本/ミヤモト/miyamoto 杉山/スギヤマ/sugiyama 今井/イマイ/imai 丸山/マルヤマ/maruyama "
    "増田/マスダ/masuda 高田/タカダ/takada 村田/ムラタ/murata 平野/ヒラノ/hirano 大塚/オオツカ/otsuka"
)
_GIVEN: Final = _table(
    "蓮/レン/ren 陽葵/ヒマリ/himari 翔太/ショウタ/shota 美咲/ミサキ/misaki 大輔/ダイスケ/daisuke 由美/ユミ/yumi "
    "健/ケン/ken 恵子/ケイコ/keiko 修/オサム/osamu 玲/レイ/rei 一郎/イチロウ/ichiro 実/ミノル/minoru "
    "直樹/ナオキ/naoki 裕子/ユウコ/yuko 誠/マコト/makoto 久美子/クミコ/kumiko 隆/タカシ/takashi 真由美/マユミ/mayumi "
    "浩/ヒロシ/hiroshi 智子/トモコ/tomoko 剛/ツヨシ/tsuyoshi 陽子/ヨウコ/yoko 聡/サトシ/satoshi 千尋/チヒロ/chihiro "
    "亮/リョウ/ryo 愛/アイ/ai 拓也/タクヤ/takuya 舞/マイ/mai 和也/カズヤ/kazuya 彩/アヤ/aya "
    "学/マナブ/manabu 香織/カオリ/kaori 豊/ユタカ/yutaka 麻衣/マイ/mai2 徹/トオル/toru 沙織/サオリ/saori "
    "亜希子/アキコ/akiko 悠斗/ユウト/yuto 結衣/ユイ/yui 颯/ハヤテ/hayate 葵/アオイ/aoi 湊/ミナト/minato "
    "凛/リン/rin 樹/イツキ/itsuki 芽依/メイ/mei 悠真/ユウマ/yuma 杏/アン/an 大和/ヤマト/yamato "
    "紬/ツムギ/tsumugi 律/リツ/ritsu 咲良/サクラ/sakura 朝陽/アサヒ/asahi 詩/ウタ/uta 蒼/アオ/ao "
    "莉子/リコ/riko 新/アラタ/arata 柚希/ユズキ/yuzuki 碧/アオイ/aoi2 美月/ミヅキ/mizuki 暖/ダン/dan "
    "健太郎/ケンタロウ/kentaro 文子/フミコ/fumiko 進/ススム/susumu 良子/ヨシコ/yoshiko 勝/マサル/masaru "
    "節子/セツコ/setsuko 茂/シゲル/shigeru 和子/カズコ/kazuko 清/キヨシ/kiyoshi 幸子/サチコ/sachiko "
    "哲也/テツヤ/tetsuya 典子/ノリコ/noriko 康弘/ヤスヒロ/yasuhiro 弘美/ヒロミ/hiromi 武/タケシ/takeshi "
    "順子/ジュンコ/junko 英樹/ヒデキ/hideki 明美/アケミ/akemi 淳/ジュン/jun 理恵/リエ/rie"
)
_HEADS: Final = _table(
    "みそら/misora あおば/aoba2 かえで/kaede しらさぎ/shirasagi つきのわ/tsukinowa はるかぜ/harukaze やまびこ/yamabiko "
    "うみかぜ/umikaze ひなた/hinata こもれび/komorebi さざなみ/sazanami ゆうなぎ/yunagi みのり/minori あさぎり/asagiri "
    "つばくろ/tsubakuro ほたる/hotaru すずかけ/suzukake まつかげ/matsukage たけのは/takenoha いずみの/izumino "
    "おおぞら/ozora きたかぜ/kitakaze なぎさ/nagisa とびうお/tobiuo かわせみ/kawasemi もみじば/momijiba "
    "しおさい/shiosai あけぼの/akebono ゆきあかり/yukiakari こだま/kodama はやぶさ/hayabusa2 みなも/minamo "
    "わかくさ/wakakusa たちばな/tachibana2 うぐいす/uguisu せせらぎ/seseragi しろがね/shirogane くれない/kurenai "
    "つゆくさ/tsuyukusa あまつぶ/amatsubu"
)
_TAILS: Final = _table(
    "製作所/works 商事/trading 工業/industry 印刷/print 食品/foods 設計/design 物流/logistics 電機/electric "
    "建材/materials 運輸/transport 精機/precision 金属/metal 紙業/paper 薬品/chemical 工務店/builders "
    "農園/farm 繊維/textile 家具/furniture 機材/equipment 企画/planning 広告/ads 不動産/estate 保険/insurance "
    "開発/develop 情報/info 映像/film 出版/press 教育/school 旅行/travel 包装/packing"
)
