"""The texts of the tour, in Korean; `ko` takes them in."""

TOUR_STRINGS = {
    "tour.start": "2분 둘러보기",
    "tour.title": "화면에 보이는 것",
    "tour.step": "{number} / {count}",
    "tour.back": "이전",
    "tour.next": "다음",
    "tour.done": "직접 보기",
    "tour.answer.title": "네트워크가 답을 내놓아요. 그 답은 어디에서 나왔을까요?",
    "tour.answer.body": "왼쪽은 이미지와 네트워크의 답이에요. 오른쪽은 같은 이미지에 히트맵을 입힌 것이에요. 밝은 "
    "곳일수록 그 답을 뒷받침해요. 흰 테두리는 객체가 있는 자리이고, 네트워크는 이 테두리를 보지 못해요.",
    "tour.answer.named": "{predicted}, 확신도 {confidence:.0%}",
    "tour.drawing.title": "맵은 하나, 그리는 방식은 둘",
    "tour.drawing.body": "맵에는 클래스를 뒷받침하는 증거와 반대하는 증거가 함께 있어요. 문헌 방식 그대로 그리면 "
    "CAM은 최솟값에서 최댓값까지 칠해져서, 아무 증거가 없는 곳도 밝게 보여요. 양의 증거만 그리면 증거가 아닌 곳은 "
    "어두워요. 두 그림은 같은 숫자에서 나왔어요.",
    "tour.same.title": "CAM과 Grad-CAM이 완전히 같을 수 있어요",
    "tour.same.body": "이런 네트워크에서는 마지막 레이어의 Grad-CAM이 곧 음의 부분을 뺀 CAM이에요. 같은 방식으로 "
    "그리면 어떤 이미지에서도 둘을 구별할 수 없어요. 그러니 둘의 차이는 그리는 방식에서 와요. 이 화면들은 차이 "
    "가운데 얼마가 그리는 방식 때문인지 항상 알려 줘요.",
    "tour.layers.title": "레이어가 다르면 정말로 달라요",
    "tour.layers.body": "Grad-CAM은 앞쪽 레이어에서도 만들 수 있어요. 앞쪽 레이어의 맵은 이미지를 더 작은 조각으로 "
    "보고, 그리는 방식만이 아니라 말하는 내용부터 마지막 레이어와 달라요.",
    "tour.pages.title": "이제 둘러보세요",
    "tour.pages.body": "고른 것은 모두 주소에 담겨요. 주소를 복사해 보내면 받는 사람도 같은 화면을 봐요.",
    "tour.pages.gallery": "모든 이미지를 걸러 내고 정렬해요. 클릭하면 크게 볼 수 있어요.",
    "tour.pages.disagreement": "두 방법이 가장 다른 이미지와 그 이유를 보여 줘요.",
    "tour.pages.verdict": "어떤 히트맵이 가장 많은 것을 말해 주는지 신뢰구간과 함께 보여 줘요.",
    "tour.pages.own_image": "내 이미지에 대한 네트워크의 답을 보여 줘요.",
}
