"""The texts of the large view, in Korean: those that the grid's script fills in, and those of the pages around it."""

LARGE_VIEW_STRINGS = {
    "large_view.not_here": "링크의 이미지가 지금 필터 조건에 맞지 않아요.",
    "large_view.unknown": "링크의 이미지가 이 실험에 없어요.",
}

LARGE_VIEW_GRID_STRINGS = {
    "divider": "비교선",
    "divider_on": "표시",
    "divider_off": "숨김",
    "divider_moves": "양쪽을 나누는 비교선",
    "divider_at": "{left} {percent}%, {right} {rest}%",
    "target_class": "모든 클래스",
    "photograph": "원본 이미지",
    "loading": "맵 불러오는 중",
    "moves": "다른 이미지",
    "previous": "이전 이미지",
    "next": "다음 이미지",
    "close": "닫기",
    "position": "{count}장 중 {number}번째",
    "large_right": "{predicted}, 정답(확신도 {percent}%)",
    "large_wrong": "{label}, 오답: {predicted}(확신도 {percent}%)",
    "large_unlabelled": "{predicted}(확신도 {percent}%)",
    "stage": "이미지. 화살표 키로 다른 이미지를 보고, Shift와 함께 누르면 맵의 셀 위를 이동해요.",
    "picture": "{name}. 가장 강한 곳: {rows}행 중 {row}행, {columns}열 중 {column}열, 값 {value}.",
    "readout_hint": "이미지를 가리키면 그 위치의 맵 값이 나와요.",
    "readout_keys": "Shift와 화살표 키로 셀 위를 이동해요.",
    "readout_outside": "모델이 보지 않는 부분이에요.",
    "readout_drawn": "그린 값 {drawn}",
    "readout_cell": "{row}행 {column}열",
    "numbers": "이 이미지의 수치",
    "classes": "예측 후보",
    "right_class": "실제 클래스",
    "off_object": "객체 밖의 강조",
    "off_object_help": "박스 밖에 있는 강조의 비율이에요.",
    "distances": "두 맵의 차이",
    "identical": "이 네트워크에서 두 맵은 양의 상수배만 다른 같은 맵이에요. 0%가 아닌 값은 그리는 "
    "방식에서 생긴 거예요.",
    "of_predicted": "예측 클래스의 맵을 기준으로 해요.",
    "file": "파일",
    "more_like_this": "비슷한 이미지 보기",
    "large_keys": "← → 다른 이미지, o 오버레이, b 박스, d 비교선, Esc 닫기",
}
