"""Passwords that everybody guesses first, and words that belong to this product; lower case.

Collected by hand from the head of the usual lists of leaked passwords. Short ones are here because
people put digits around them to reach the wanted length.
"""

_COMMON = """
000000 00000000 0123456 01234567 012345678 0123456789 0987654321 1111 111111 1111111 11111111
111222333 112233 11223344 1122334455 121212 12121212 123 123123 123123123 123321 12332112 1234
12341234 12344321 12345 123454321 123456 1234561 1234567 12345678 123456789 1234567890 1234567891
12345678910 123456789a 123456a 12345a 1234abcd 1234qwer 123654 123654789 123abc 123qwe 123qweasd
123qweasdzxc 131313 142536 147258 147258369 147852369 159357 159753 1a2b3c4d 1g2w3e4r 1q2w3e
1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 1qw23er4 222222 22222222 232323
246810 252525 2wsx3edc 321321 333333 4444 444444 454545 456456 456789 555555 55555555 5555555555
654321 666666 66666666 6969 696969 741852963 753159 7654321 7777 777777 77777777 789456 78945612
789456123 87654321 888888 88888888 963852741 987654 98765432 987654321 9876543210 999999 99999999
a123456 a1234567 a12345678 a123456789 a1b2c3 a1b2c3d4 aa123456 aaa111 aaaaaa aaaaaaaa abc abc123
abc12345 abcabc abcd abcd1234 abcde abcdef abcdefg abcdefgh abcdefghi access admin admin123
admin1234 administrator alexander alexis alpha amanda amsterdam andrea andrew angel angela angels
anthony apple apples arsenal asd123 asdasd asdasdasd asdf asdf1234 asdfasdf asdfgh asdfghjk
asdfghjkl ashley asshole asshole1 august austin autumn azerty azertyuiop babygirl badboy bailey
banana baseball baseball1 basketball batman beautiful benjamin berlin biteme blahblah blink182
bonjour booboo boomer boston brandon brasil buster buttercup butterfly camaro cameron carolina
caroline changeit changeme charlie charlie1 cheese chelsea chester chicken chocolate chris
christian christmas christopher computer cookie corvette cowboy cowboys dallas daniel danielle
december default diamond dolphin dolphins donald dragon dragon1 eagles easter elephant elizabeth
email eminem enter example facebook fender fernando ferrari fishing flower flowers football
football1 forever freedom friday friends fuckyou fuckyou1 gandalf garfield gateway george ginger
godzilla golden golfer google grandma guest guitar gunner hallo hallo123 hammer hannah happy
hardcore harley heather hello hello123 hockey hunter hunter2 iceman iloveu iloveyou iloveyou1
internet isabella jackie jackson january jasmine jasper jennifer jessica jesus jesuschrist johnny
jonathan jordan jordan23 joseph joshua junior justin killer kitten knight kristina lakers lauren
leather letmein letmein1 liverpool liverpool1 login london lovely loveme lovers loveyou madison
maggie manager manchester marina marlboro martin master matrix matthew maverick maxwell melissa
mercedes merlin metallica michael michelle mickey midnight midnight1 monday money monkey monkey1
monster moonlight morgan mother mountain mustang mylove myspace myspace1 naruto nascar natasha
newyork nicholas nicole ninja nintendo nothing november october oliver orange p@55w0rd p@ssw0rd
p@ssword pa$$w0rd pa55word paradise paris parola pass pass1234 passport passw0rd password passwort
patrick peaches peanut pepper phoenix player please pokemon porsche prince princess princess1
purple pussy q1w2e3 q1w2e3r4 q1w2e3r4t5 qazwsx qazwsx123 qazwsxedc qqqqqq qwaszx qwe123 qweasd
qweasdzxc qweqwe qweqweqwe qwer qwer1234 qwert qwerty qwerty1 qwerty12 qwerty123 qwertyu qwertyui
qwertyuiop qwertz qwertzuiop rachel raiders rainbow ranger rebecca redsox richard robert rockyou
root rosebud samantha sample samsung samuel scooter scorpion secret secret1 secure security
september server shadow shadow1 simple slipknot snoopy soccer solo sophie spiderman spring starwars
steelers stella steven strawberry sublime summer sunday sunflower sunshine superman superman1
support sweetheart swordfish system taylor tennis tequila test test123 test1234 testing testtest
thomas thunder thursday tigers tigger tinkerbell trustno1 tuesday tweety user vampire vanessa
victoria victory viking wachtwoord warrior wednesday welcome welcome1 whatever william willow
winner winston winter wizard xxxxxx xxxxxxxx yamaha yankees yellow zaq12wsx zaq1zaq1 zxcvbn zxcvbnm
zxczxc
"""

_PRODUCT = """
bluesky calendar dashboard facebook fediverse flask instagram keeper link link-keeper link_keeper
linked linkedin linkkeeper links mastodon mediamonitor meta pinterest publish reddit relink
social-media socialaccounts socialmedia telegram threads tiktok tumblr twitter webcare youtube
"""

COMMON_PASSWORDS = frozenset(_COMMON.split())
PRODUCT_WORDS = frozenset(_PRODUCT.split())
