/** Words of English and Russian that say nothing of what a text is about, in lower case, `ё` as `е`, without apostrophes. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above across after again against all also am an and any are as at be became because become been before
  being below between both but by can cannot could did do does doing done down during each either else ever every few
  for from further get give given go goes had has have having he her here hers herself him himself his how i if in
  into is it its itself just kind let many may me might mine more most much must my myself neither no nor not of off on
  once one only or other our ours out over own per please same shall she should so some such take tell than that the
  their theirs them themselves then there these they this those through to too under until up upon us use used very
  via was we were what when where which while who whom whose why will with within without would you your yours
  yourself s t im ive dont doesnt didnt isnt arent cant whats
  а без более больше будет будто будут был была были было быть в вам вами вас ваш ваша ваше ваши весь во вот все всего
  всей всем всех всю вся вы где да даже для до другой его ее ей ему если есть еще же за зачем и из или им ими их к
  каждый как какая какие каким какими каких какое какой каком какому какую какова каков каковы когда которая которого
  которое которой котором которую которые который которым которых кто куда ли либо между меня мне много может могут
  можно мой моя мы на над надо нам нами нас наш не него нее ней нельзя нет ни нибудь них но ну о об однако он она они
  оно от откуда отчего очень перед по под пока после потом потому почему при про раз с сам свое своего своей своем
  свои своих свой свою себе себя сейчас сколько со скажи скажите так также такие такой такое там те тебя тем теперь то
  тогда того тоже той только том тот ту ты у уже хотя чего чей чем через что чтобы чье чьи чья эта эти этим этих это
  этого этой этом этот эту я является являются являлся называется называют нужно нужен нужна нужны`.split(
    /\s+/u,
  ),
)
