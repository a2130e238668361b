"""Every text of the dashboard, in Korean."""

from camcore.presentation.texts.ko_finding import FINDING_STRINGS
from camcore.presentation.texts.ko_large_view import LARGE_VIEW_STRINGS
from camcore.presentation.texts.ko_login import LOGIN_STRINGS
from camcore.presentation.texts.ko_own_image import OWN_IMAGE_STRINGS
from camcore.presentation.texts.ko_price import PRICE_STRINGS
from camcore.presentation.texts.ko_report import REPORT_STRINGS
from camcore.presentation.texts.ko_tour import TOUR_STRINGS
from camcore.presentation.texts.ko_training import TRAINING_STRINGS
from camcore.presentation.texts.ko_verdict import VERDICT_STRINGS

_PARTS = VERDICT_STRINGS | REPORT_STRINGS | FINDING_STRINGS | OWN_IMAGE_STRINGS | LARGE_VIEW_STRINGS | TOUR_STRINGS
_PARTS |= TRAINING_STRINGS | PRICE_STRINGS | LOGIN_STRINGS
STRINGS = _PARTS | {
    "app.title": "camcore",
    "app.language": "언어",
    "app.language_name": "한국어",
    "app.run": "실험",
    "app.run_unknown": "링크가 가리키는 실험이 여기 없어요: {name}. 지금 보이는 것은 다른 실험이에요.",
    "app.run_facts": "{backbone} · {head} 헤드 · {dataset}",
    "app.run_with_state": "{name} ({state})",
    "app.outdated": "이 히트맵은 {made}번째 에폭의 가중치로 만들었는데, 지금 저장된 가중치는 {now}번째 에폭의 것이에요."
    " 새로 만드는 명령: camcore explain",
    "state.explained": "히트맵 있음",
    "state.trained": "학습 완료",
    "state.training": "학습 중",
    "state.damaged": "손상됨",
    "state.trained.title": "{run}: 아직 히트맵이 없어요",
    "state.trained.way_out": "학습은 끝났어요. 아래 명령으로 히트맵을 만드세요.",
    "state.training.title": "{run}: 아직 학습 중이에요",
    "state.training.way_out": "곡선은 학습 곡선 페이지에서 볼 수 있어요. 학습이 끝나면 아래 명령으로 히트맵을 "
    "만드세요.",
    "problem.title": "읽을 수 없어요",
    "problem.rest": "다른 실험은 그대로 볼 수 있어요. 사이드바에서 다른 실험을 선택하세요.",
    "empty.title": "아직 실험이 없어요",
    "empty.folder_missing": "{folder} 폴더가 없어요. 아래 명령을 실행하면 강아지 그림으로 작은 네트워크를 학습하고, "
    "히트맵을 만들어 이 폴더에 저장해요. 몇 분이면 돼요.",
    "empty.folder_empty": "{folder} 폴더가 비어 있어요. 아래 명령을 실행하면 강아지 그림으로 작은 네트워크를 "
    "학습하고, 히트맵을 만들어 이 폴더에 저장해요. 몇 분이면 돼요.",
    "empty.after": "끝나면 이 페이지를 새로고침하세요. 다른 폴더를 열려면 이렇게 실행하세요: `streamlit run "
    "dashboard/app.py -- --runs DIR`",
    "source.at_layer": "{method}({layer})",
    "convention.literature": "문헌 방식 그대로",
    "convention.positive": "양의 증거",
    "measure.heat_moved": "강조 이동량",
    "measure.heat_moved.help": "한 그림을 다른 그림으로 바꾸려면 옮겨야 하는 강조의 비율이에요.",
    "measure.rank_disagreement": "순위 불일치",
    "measure.rank_disagreement.help": "셀을 약한 것부터 강한 것까지 늘어놓은 순서가 얼마나 다른지 나타내요. 0%는 "
    "같은 순서, 50%는 무관한 순서, 100%는 정반대 순서예요.",
    "measure.top_area_disagreement": "상위 20% 불일치",
    "measure.top_area_disagreement.help": "두 맵의 상위 20% 영역을 합쳤을 때 서로 겹치지 않는 부분의 비율이에요.",
    "measure.peak_shift": "피크 이동",
    "measure.peak_shift.help": "가장 강한 셀이 옮겨 간 거리를 이미지 대각선 길이에 대한 비율로 나타내요.",
    "control.source_a": "A",
    "control.source_b": "B",
    "control.measure": "지표",
    "control.convention": "그리는 방식",
    "control.per_page": "페이지당 이미지 수",
    "control.per_page.size": "{size}장씩",
    "overview.name": "개요",
    "overview.title": "네트워크는 어디를 볼까요?",
    "overview.lead": "학습된 네트워크는 이미지에 무엇이 있는지 답하고, CAM과 Grad-CAM은 그 답의 근거가 되는 곳에 "
    "색을 입혀요. 둘을 나란히 보면서 어디가 왜 다른지 수치로 확인해 보세요.",
    "overview.idea.title": "CAM과 Grad-CAM의 차이는 대부분 그리는 방식에서 생겨요.",
    "overview.idea.body": "평균 풀링과 선형 레이어 하나로 끝나는 네트워크라면, 마지막 레이어의 Grad-CAM은 ReLU(CAM) "
    "/ Z와 같아요(Z는 셀의 수). 음의 부분만 빠진 같은 맵이에요. 그런데 CAM은 보통 최솟값부터 최댓값까지 펼쳐서 "
    "그리기 때문에, 증거가 전혀 없는 곳까지 밝게 보여요.",
    "overview.idea.holds": "{run}: 이 조건에 맞는 네트워크예요. 이 실험의 이미지에서 mean(CAM) + bias 값이 오차 "
    "{error} 이내로 출력과 일치해요.",
    "overview.idea.fails": "{run}: 이 조건에 맞지 않는 네트워크라 CAM을 적용할 수 없어요. 대신 Grad-CAM을 레이어별로 "
    "비교해 보세요.",
    "overview.idea.unknown": "히트맵을 만들고 나면 이 조건에 맞는 네트워크인지 여기에 표시돼요.",
    "overview.facts.accuracy": "검증 정확도",
    "overview.facts.accuracy.note": "객체가 하나인 이미지 기준",
    "overview.facts.images": "히트맵을 만든 이미지",
    "overview.facts.images.note": "맵 하나에 {height} × {width}셀",
    "overview.facts.off_object": "객체 밖 강조, {first}",
    "overview.facts.moved": "강조 이동량, {first} → {second}",
    "overview.facts.conventions": "문헌 방식 그대로 → 양의 증거만",
    "overview.facts.either": "어느 방식으로 그려도 같음",
    "overview.examples.title": "차이가 가장 잘 보이는 이미지",
    "overview.examples.lead": "밝을수록 강하게 강조된 곳이에요. 흰 테두리는 데이터셋에 표시된 객체예요.",
    "overview.examples.drawing.title": "같은 맵을 두 방식으로 그리면",
    "overview.examples.drawing.body": "문헌 방식 그대로 그리면 CAM 강조의 {first:.0%}가 객체({label}) 밖에 있어요. "
    "양의 증거만 보면 {second:.0%}뿐이에요.",
    "overview.examples.layers.title": "정말로 다른 두 레이어",
    "overview.examples.layers.body": "{first_source} → {second_source}: 같은 방식으로 그려도 강조의 {first:.0%}가 "
    "다른 곳으로 옮겨 가요.",
    "overview.examples.wrong.title": "오답 들여다보기",
    "overview.examples.wrong.body": "실제 클래스는 {label}, 예측은 {predicted}, 확신도는 {first:.0%}예요.",
    "overview.caption.literature": "{source}, 문헌 방식 그대로",
    "overview.caption.positive": "{source}, 양의 증거",
    "overview.caption.target": "{source}, 대상: {label}",
    "overview.runs.title": "실험",
    "overview.runs.lead": "사이드바에서 하나를 선택하면 모든 페이지가 그 실험을 보여 줘요.",
    "overview.card.dataset": "데이터셋",
    "overview.card.backbone": "백본",
    "overview.card.head": "헤드",
    "overview.card.accuracy": "검증 정확도({epoch}에폭)",
    "overview.card.imported": "가져온 파일",
    "overview.card.cam": "CAM 적용",
    "overview.card.cam_yes": "가능",
    "overview.card.cam_no": "불가",
    "overview.card.cam_error": "오차 {error}",
    "overview.card.images": "히트맵을 만든 이미지",
    "training_curves.name": "학습 곡선",
    "training_curves.title": "학습은 어떻게 진행됐을까요?",
    "training_curves.lead": "학습에 쓴 이미지와 한 번도 보지 않은 이미지에서 잰 에폭별 손실과 정확도예요.",
    "training_curves.runs": "실험",
    "training_curves.smoothing": "스무딩",
    "training_curves.choose": "실험을 하나 이상 선택하세요.",
    "training_curves.none.title": "아직 그릴 곡선이 없어요",
    "training_curves.none.body": "첫 에폭이 끝나면 첫 점이 나타나요.",
    "training_curves.imported.title": "{run}: 다른 곳에서 학습한 네트워크예요",
    "training_curves.imported.body": "{file} 파일에서 가져온 가중치예요. 이 파일에는 학습 기록이 없어서 그릴 곡선이 "
    "없어요. 무엇을 배웠는지는 다른 페이지에서 볼 수 있어요.",
    "training_curves.progress": "{run}: {planned}에폭 중 {done}에폭 완료. 이 페이지는 자동으로 갱신돼요.",
    "training_curves.loss": "손실",
    "training_curves.accuracy": "정확도",
    "training_curves.learning_rate": "학습률",
    "training_curves.epoch": "에폭",
    "training_curves.split.train": "{run}, 학습",
    "training_curves.split.val": "{run}, 검증",
    "training_curves.best": "{run}, 최고 성능({epoch}에폭)",
    "training_curves.legend": "점선은 학습, 실선은 검증이에요. 별은 검증 이미지에서 성능이 가장 좋은 에폭이에요.",
    "training_curves.numbers": "수치 보기",
    "training_curves.column.run": "실험",
    "training_curves.column.epoch": "에폭",
    "training_curves.column.train_loss": "학습 손실",
    "training_curves.column.train_accuracy": "학습 정확도",
    "training_curves.column.val_loss": "검증 손실",
    "training_curves.column.val_accuracy": "검증 정확도",
    "training_curves.column.learning_rate": "학습률",
    "training_curves.column.seconds": "시간(초)",
    "training_curves.column.images_per_second": "초당 이미지 수",
    "gallery.name": "갤러리",
    "gallery.title": "이미지마다 어디를 볼까요?",
    "gallery.lead": "모든 검증 이미지를 두 소스의 맵과 함께 보여 줘요. 이미지를 열면 자세한 수치를 볼 수 있어요.",
    "gallery.count": "전체 {total:,}장 중 **{found:,}**장",
    "gallery.caption": "{name} {share:.0%}",
    "gallery.none.title": "필터에 맞는 이미지가 없어요",
    "gallery.none.body": "필터를 넓히거나 초기화해 보세요.",
    "disagreement.name": "불일치",
    "disagreement.title": "두 방법은 어디서 엇갈릴까요?",
    "disagreement.lead": "그 차이가 얼마만큼 맵에서 오고, 얼마만큼 그리는 방식에서 오는지 확인해 보세요.",
    "disagreement.same.title": "서로 다른 두 소스를 선택하세요",
    "disagreement.same.body": "A와 B가 같아서 비교할 것이 없어요.",
    "disagreement.split.title": "그리는 방식, 그리고 남는 차이",
    "disagreement.split.lead": "전체 이미지의 평균이에요. 두 번째 막대가 더 짧다면, 줄어든 만큼은 그리는 방식의 "
    "차이예요.",
    "disagreement.histogram.title": "이미지별 차이의 분포",
    "disagreement.histogram.lead": "평균 하나로는 이미지가 두 무리로 나뉘어도 알 수 없어요.",
    "disagreement.histogram.count": "이미지 수",
    "disagreement.histogram.hover": "%{{x:.0%}} 부근: 이미지 %{{y}}장",
    "disagreement.off_object.title": "객체 밖 강조",
    "disagreement.off_object.lead": "강조 중 박스 밖에 있는 비율의 평균이에요. 두 막대가 다른 소스는 그리는 방식 "
    "때문에 흩어져 보이는 거예요.",
    "disagreement.ranking.title": "차이가 큰 순서로 보는 이미지",
    "disagreement.ranking.lead": "지표: {measure}. 그리는 방식: {convention}. 예측 클래스의 맵이에요. 이미지를 열면 "
    "자세한 수치를 볼 수 있어요.",
    "disagreement.ranking.caption": "{measure} {share:.0%}",
    "verdict.identical": "같은 맵이에요. 달라 보이는 건 그리는 방식 때문이에요.",
    "verdict.identical.why": "이 네트워크에서 {first}, {second} 두 맵은 양의 상수배만 달라요. 이론으로도, 이 실험의 "
    "이미지로도 확인돼요. 문헌에서는 CAM을 음의 부분까지 포함해 스케일링해서 증거가 없는 곳도 밝게 보이고, "
    "Grad-CAM은 0에서 잘라요.",
    "verdict.partly_drawing": "일부는 그리는 방식, 일부는 실제 차이예요.",
    "verdict.partly_drawing.why": "문헌 방식 그대로 그리면 {first}, {second} 두 맵의 차이는 {drawn:.0%}예요. 둘 다 "
    "양의 증거만 보여 주면 {left:.0%}가 남아요. 그만큼이 맵 자체의 차이예요.",
    "verdict.hidden": "그리는 방식이 차이를 가리고 있어요.",
    "verdict.hidden.why": "문헌 방식 그대로 그리면 {first}, {second} 두 맵의 차이는 {drawn:.0%}뿐이에요. 똑같이 "
    "밝아진 배경을 함께 갖기 때문이에요. 양의 증거만 비교하면 차이는 {left:.0%}예요.",
    "verdict.real": "실제 차이예요. 두 방식 어느 쪽으로 그려도 드러나요.",
    "verdict.real.why": "{first}, {second} 두 맵의 차이는 문헌 방식 그대로 그리면 {drawn:.0%}, 양의 증거만 비교하면 "
    "{left:.0%}예요. 그리는 방식이 만든 차이가 아니에요.",
    "verdict.alike": "어떻게 그려도 차이가 거의 없어요.",
    "verdict.alike.why": "{first}, {second} 두 맵의 차이는 문헌 방식 그대로 그리면 {drawn:.0%}, 양의 증거만 비교하면 "
    "{left:.0%}예요.",
    "verdict.unknown": "알 수 있는 것이 없어요.",
    "verdict.unknown.why": "두 맵이 모두 숫자로만 이루어진 이미지가 하나도 없어요.",
    "verdict.below": "{measure}, 전체 이미지의 평균이에요. {meaning}",
}
