"""The texts of the page Verdict, in Korean; `ko` takes them in."""

VERDICT_STRINGS = {
    "verdict.name": "판정",
    "verdict.title": "어떤 히트맵이 가장 의미 있을까요?",
    "verdict.lead": "모든 방법을 같은 이미지에서 비교해요. 강조가 어디에 놓이는지, 네트워크에 얼마나 충실한지, "
    "클래스를 따라가는지, 비용은 얼마나 드는지 확인해 보세요.",
    "verdict.missing.title": "{run}: 아직 판정이 없어요",
    "verdict.missing.body": "히트맵은 준비됐어요. 아래 명령으로 측정하세요. 몇 분이면 돼요.",
    "verdict.basis": "이미지 {images:,}장. 삽입과 삭제는 {faithfulness:,}장에서 {steps}단계, 클래스가 둘인 이미지 "
    "{two_class:,}장, 무작위화는 {randomization:,}장. 시드 {seed}, 계산 시간 {minutes}.",
    "verdict.basis.minutes": "{count:.0f}분",
    "verdict.basis.seconds": "{count:.0f}초",
    "verdict.more": "수치가 말해 주는 다른 내용",
    "verdict.list": "{first}, {last}",
    "verdict.baseline.baseline_center": "중앙 블롭",
    "verdict.baseline.baseline_uniform": "균일",
    "verdict.baseline.baseline_random": "무작위",
    "verdict.baseline.baseline_edges": "이미지 에지",
    # What the measures are called in tables, in sentences, and what they mean.
    "verdict.measure.pointing_strict": "포인팅(엄격)",
    "verdict.measure.pointing_strict.phrase": "피크가 객체 위에 놓이는 비율",
    "verdict.measure.pointing_strict.help": "가장 강한 픽셀이 객체 위에 있는 이미지의 비율이에요.",
    "verdict.measure.pointing_15px": "포인팅(15px)",
    "verdict.measure.pointing_15px.phrase": "피크가 객체 위나 가까이에 놓이는 비율",
    "verdict.measure.pointing_15px.help": "같은 비율을 구하되, 원 논문처럼 224px 기준 15px까지 벗어나도 인정해요.",
    "verdict.measure.energy_in_box": "박스 안 에너지",
    "verdict.measure.energy_in_box.phrase": "강조 중 객체 박스 안에 있는 비율",
    "verdict.measure.energy_in_box.help": "양의 값 전체에서 객체 박스 안의 값이 차지하는 비율이에요.",
    "verdict.measure.off_object_positive": "객체 밖(양의 증거)",
    "verdict.measure.off_object_positive.phrase": "양의 증거 중 객체 밖에 있는 비율",
    "verdict.measure.off_object_positive.help": "양의 증거 중 객체 밖에 있는 비율이에요.",
    "verdict.measure.off_object_literature": "객체 밖(문헌 방식)",
    "verdict.measure.off_object_literature.phrase": "문헌 방식 그림에서 보이는 강조 중 객체 밖에 있는 비율",
    "verdict.measure.off_object_literature.help": "문헌 방식 그대로 그린 강조 중 객체 밖에 있는 비율이에요.",
    "verdict.measure.max_box_acc_v2": "MaxBoxAccV2",
    "verdict.measure.max_box_acc_v2.phrase": "MaxBoxAccV2(강조 영역을 감싼 박스가 객체에 맞는 정도)",
    "verdict.measure.max_box_acc_v2.help": "강조 영역을 감싼 박스가 객체 박스와 맞는 비율을 겹침 기준 30, 50, "
    "70%에서 구해 평균한 값이에요. 임계값은 나머지 절반의 이미지에서 정해요.",
    "verdict.measure.max_box_acc": "MaxBoxAcc",
    "verdict.measure.max_box_acc.phrase": "MaxBoxAcc(강조 영역을 감싼 박스가 객체에 맞는 비율)",
    "verdict.measure.max_box_acc.help": "강조 영역을 감싼 박스가 객체 박스와 절반 이상 겹치는 비율이에요.",
    "verdict.measure.pxap": "PxAP",
    "verdict.measure.pxap.phrase": "PxAP(강조된 픽셀이 객체 픽셀과 맞는 정도)",
    "verdict.measure.pxap.help": "객체 마스크를 기준으로 모든 이미지의 픽셀을 한꺼번에 계산한 평균 정밀도예요.",
    "verdict.measure.pointing_parts": "부위 포인팅",
    "verdict.measure.pointing_parts.phrase": "피크가 클래스를 결정하는 부위에 놓이는 비율",
    "verdict.measure.pointing_parts.help": "가장 강한 픽셀이 클래스를 결정하는 부위에 있는 이미지의 비율이에요.",
    "verdict.measure.energy_in_parts": "부위 안 에너지",
    "verdict.measure.energy_in_parts.phrase": "강조 중 클래스를 결정하는 부위에 있는 비율",
    "verdict.measure.energy_in_parts.help": "양의 값 전체에서 클래스를 결정하는 부위의 값이 차지하는 비율이에요.",
    "verdict.measure.insertion": "삽입",
    "verdict.measure.insertion.phrase": "삽입(가장 강한 픽셀부터 되돌릴 때 답이 돌아오는 속도)",
    "verdict.measure.insertion.help": "흐리게 만든 이미지에 가장 강한 픽셀부터 되돌려 넣는 동안의 클래스 확률 "
    "평균이에요.",
    "verdict.measure.deletion": "삭제",
    "verdict.measure.deletion.phrase": "삭제(가장 강한 픽셀을 지워도 답이 남는 정도)",
    "verdict.measure.deletion.help": "이미지에서 가장 강한 픽셀부터 지우는 동안의 클래스 확률 평균이에요.",
    "verdict.measure.follows_class": "클래스 추종",
    "verdict.measure.follows_class.phrase": "피크가 지정한 클래스의 객체로 가는 비율",
    "verdict.measure.follows_class.help": "클래스가 둘인 이미지 중, 어느 클래스를 지정해도 피크가 그 클래스의 객체 "
    "위에 놓이는 이미지의 비율이에요.",
    "verdict.measure.class_sensitivity": "클래스 민감도",
    "verdict.measure.class_sensitivity.phrase": "다른 클래스를 지정할 때 옮겨 가는 강조의 비율",
    "verdict.measure.class_sensitivity.help": "예측 클래스의 맵에서 2순위 클래스의 맵으로 바꿀 때 옮겨 가는 강조의 "
    "비율이에요.",
    # The claims of the file.
    "verdict.claim.none": "이 수치로 내릴 수 있는 결론이 없어요. 수치는 아래에 있어요.",
    "verdict.claim.identical_up_to_drawing": "이 네트워크에서 {first}, {second} 두 방법의 맵은 같아요. 그리는 방식만 "
    "달라요.",
    "verdict.claim.identical_up_to_drawing.more": "이 네트워크에서 {first}, {second} 두 방법의 맵은 같고 {others} "
    "{are} 이와 같은 맵이에요. 그리는 방식만 달라요.",
    "verdict.claim.identical_up_to_drawing.is": "또한",
    "verdict.claim.identical_up_to_drawing.are": "모두",
    "verdict.claim.drawing_effect": "문헌 방식 그대로 그리면 {source} 강조의 {literature:.0%}가 객체 밖에 있어요. "
    "양의 증거만 보면 {positive:.0%}예요.",
    "verdict.claim.cam_not_applicable": "이 네트워크에는 CAM을 적용할 수 없어요: {reason}.",
    "verdict.no_cam.no_linear_layer": "풀링한 특징을 그대로 받는 선형 레이어가 없음",
    "verdict.no_cam.misses_logits": "mean(CAM) + 편향과 출력의 차이가 출력 범위의 {error:.0%}",
    "verdict.claim.separates": "{reference} 대비 차이가 가장 뚜렷한 지표: {phrase}. {best} {best_mean:.0%}, {worst} "
    "{worst_mean:.0%}.",
    "verdict.claim.nothing_separates": "그리는 방식을 빼면, 이 이미지들에서는 어떤 지표로도 방법을 구별할 수 없어요. "
    "그렇다고 방법들이 서로 같다고 증명된 것은 아니에요.",
    "verdict.claim.best_is": "{total}개 지표 중 {won}개에서 {source} 쪽이 {reference}보다 낫고, 더 나쁜 지표는 없어요.",
    "verdict.claim.best_is.loses": "{total}개 지표 중 {won}개에서 {source} 쪽이 {reference}보다 낫고, {lost}개에서는 "
    "더 나빠요.",
    "verdict.claim.no_better_than_reference": "그리는 방식을 빼면, {sources} 쪽이 {reference}보다 낫다고 보여 주는 "
    "지표는 없어요.",
    "verdict.claim.worse_than_baseline": "{source}의 결과는 네트워크를 전혀 모르는 맵보다 나빠요. {phrase}: {source} "
    "{mean:.0%}, 베이스라인 “{baseline}” {baseline_mean:.0%}.",
    "verdict.claim.does_not_follow_class": "지정한 클래스를 따라가는 비율은 {source}보다 {best_source} 쪽이 높아요. "
    "클래스가 둘인 이미지에서 {source} {mean:.0%}, {best_source} {best_mean:.0%}예요.",
    "verdict.claim.fails_randomization": "무작위화 검사 미통과: {sources}. 네트워크의 가중치를 무작위로 바꾸어도 이 "
    "맵들의 순서가 절반 이상 사라진다고 확인되지 않았어요.",
    "verdict.claim.reason_to_prefer.freedom": "{source} 쪽을 선호할 만한 이유는 자유로움이에요. 특정한 구조가 "
    "필요하지 않아요.",
    "verdict.claim.reason_to_prefer.cost": "{source} 쪽을 선호할 만한 이유는 비용이에요.",
    "verdict.claim.reason_to_prefer.localization": "{source} 쪽을 선호할 만한 이유는 강조가 놓이는 위치예요.",
    "verdict.claim.reason_to_prefer.faithfulness": "{source} 쪽을 선호할 만한 이유는 네트워크가 실제로 반응하는 것과 "
    "잘 맞는다는 점이에요.",
    "verdict.claim.reason_to_prefer.none": "이 수치만으로는 어느 한 방법을 선호할 이유가 없어요.",
    # Differences.
    "verdict.choose.measure": "지표",
    "verdict.choose.method": "방법",
    "verdict.forest.title": "{measure}: {reference} 대비 차이",
    "verdict.forest.lead": "{meaning} 선의 오른쪽이 더 나은 쪽이에요{turned}. 막대는 95% 신뢰구간이에요.",
    "verdict.forest.turned": "(값 자체는 낮을수록 좋아요)",
    "verdict.forest.worse": "◂ 더 나쁨",
    "verdict.forest.better": "더 나음 ▸",
    "verdict.forest.baselines": "네트워크를 전혀 모르는 베이스라인",
    "verdict.forest.reference": "기준",
    "verdict.forest.by_theory": "이론상 같음",
    "verdict.forest.drawing": "그리는 방식만 다름",
    "verdict.forest.identical": "모든 이미지에서 같음",
    "verdict.forest.interval": "{low} ~ {high}",
    "verdict.forest.verdict.better": "더 나음",
    "verdict.forest.verdict.worse": "더 나쁨",
    "verdict.forest.verdict.no_difference": "차이 없음",
    "verdict.forest.details": "{test}, 이미지 {n:,}장; p {p}, 보정 후 {p_adjusted}; 효과 크기 {effect}; 구간: "
    "{interval}",
    "verdict.correctness.title": "정답과 오답",
    "verdict.correctness.lead": "네트워크가 맞힌 이미지(●)와 틀린 이미지(○)의 평균이에요.",
    "verdict.correctness.numbers": "{right} ● {wrong} ○",
    # Table.
    "verdict.table.title": "전체 수치",
    "verdict.table.lead": "단위는 %이고, 95% 신뢰구간을 함께 보여 줘요. ★ 방법 중 가장 좋은 평균. ▲ ▼ 보정 후 "
    "{reference}보다 나음 또는 나쁨. 수치를 누르면 해당 이미지를 볼 수 있어요.",
    "verdict.table.method": "방법",
    "verdict.table.group.localization": "강조 위치",
    "verdict.table.group.faithfulness": "충실도",
    "verdict.table.group.class": "클래스",
    "verdict.table.n": "n {n:,}",
    "verdict.table.chance": "우연 수준 {value}",
    "verdict.table.lower": "낮을수록 좋음",
    "verdict.table.interval": "{low}~{high}",
    "verdict.table.oracle": "오라클 {value}",
    "verdict.table.not_applicable": "적용 불가: {reason}",
    "verdict.table.cell": "{source}, {measure}: {value}",
    "verdict.table.best": "방법 중 가장 좋은 평균",
    "verdict.table.theory": "이론상 {reference} 맵과 같음",
    # Examples.
    "verdict.examples.title": "수치의 근거가 된 이미지: {measure}",
    "verdict.examples.lead": "왼쪽은 {reference}, 오른쪽은 {method}. {method} 쪽이 더 나은 이미지 {better:,}장, 더 "
    "나쁜 이미지 {worse:,}장, 같은 이미지 {same:,}장이에요.",
    "verdict.examples.side": "보기",
    "verdict.examples.side.better": "더 나은 이미지",
    "verdict.examples.side.worse": "더 나쁜 이미지",
    "verdict.examples.whole": "{measure}: 전체 이미지에서 값이 하나만 나오는 지표라서, 이미지는 “{instead}” 기준으로 "
    "정렬했어요.",
    "verdict.examples.caption": "{measure}: {first} → {second}",
    "verdict.examples.yes": "예",
    "verdict.examples.no": "아니요",
    "verdict.examples.same.title": "차이가 나는 이미지가 없어요",
    "verdict.examples.same.body": "이 지표에서는 {method}, {reference} 두 방법의 값이 모든 이미지에서 같아요.",
    "verdict.examples.none_here.title": "해당하는 이미지가 없어요",
    "verdict.examples.none_here.body": "{reference}에 비해 {method}의 결과가 이쪽에 속하는 이미지가 없어요.",
    "verdict.examples.no_maps.title": "저장된 맵이 없어요: {source}",
    "verdict.examples.no_maps.body": "수치는 그대로 볼 수 있어요. 이미지도 보려면 아래 명령으로 이 맵까지 만들고 "
    "판정을 다시 하세요.",
    "verdict.examples.no_values.title": "보여 줄 이미지가 없어요",
    "verdict.examples.no_values.body": "이 지표에는 이미지별 값이 없어요.",
    # Curves.
    "verdict.curves.title": "픽셀을 넣고 빼면 답은 어떻게 달라질까요?",
    "verdict.curves.lead": "맵마다 정해진 순서대로 가장 강한 픽셀부터 넣거나 빼는 동안의 클래스 확률 평균이에요.",
    "verdict.curves.insertion": "삽입: 곡선이 높을수록 좋음",
    "verdict.curves.deletion": "삭제: 곡선이 낮을수록 좋음",
    "verdict.curves.baselines": "베이스라인",
    "verdict.curves.share": "되돌리거나 지운 픽셀의 비율",
    "verdict.randomization.title": "이 맵에 네트워크가 정말 필요할까요?",
    "verdict.randomization.lead": "헤드부터 아래로 내려가며 레이어마다 가중치를 무작위로 바꿔요. 네트워크를 설명하는 "
    "맵이라면 함께 달라져야 해요.",
    "verdict.randomization.similarity": "원래 맵과의 유사도",
    "verdict.randomization.original": "없음",
    "verdict.randomization.steps": "마지막으로 무작위화한 레이어",
    "verdict.randomization.reading": "1은 약한 셀부터 강한 셀까지의 순서가 같고, 0은 무관하고, −1은 정반대라는 "
    "뜻이에요. 모든 가중치를 무작위로 바꿨을 때 유사도 신뢰구간의 상한이 0.5보다 낮으면 통과예요.",
    "verdict.randomization.passes": "통과",
    "verdict.randomization.fails": "미통과",
    # Cost.
    "verdict.cost.title": "비용과 적용 범위",
    "verdict.cost.lead": "네트워크 계산을 포함한 이미지당 시간이에요. 순전파만 하면 {forward:.1f} ms예요.",
    "verdict.cost.method": "방법",
    "verdict.cost.milliseconds": "이미지당 ms",
    "verdict.cost.times": "순전파 대비 배수",
    "verdict.cost.heads": "헤드",
    "verdict.cost.layers": "레이어",
    "verdict.cost.needs": "필요한 것",
    "verdict.cost.needs.class_weights": "클래스 가중치",
    "verdict.cost.needs.gradients": "그래디언트 1회",
    "verdict.cost.needs.features": "특징 맵만",
    "verdict.cost.needs.passes": "순전파 여러 번",
    "verdict.cost.layers.last": "마지막",
    "verdict.cost.layers.any": "모두",
    # How to read it.
    "verdict.reading.title": "읽는 법",
    "verdict.reading.body": "- **어떤 맵인가**: 강조 위치는 문헌처럼 실제 클래스의 맵에서 재요. 삽입과 삭제는 예측 "
    "클래스의 맵에서 재고, 다른 화면도 예측 클래스의 맵을 보여 줘요. 그래서 같은 지표도 화면마다 조금 다를 수 있어요.\n"
    "- **차이**는 짝을 지어 구해요. 같은 이미지에서 두 방법을 비교한 뒤 이미지 전체로 "
    "평균해요. 신뢰구간이 선을 가로지르면 어느 방법이 나은지 알 수 없고, “차이 없음”은 차이를 확인하지 못했다는 "
    "뜻이에요.\n"
    "- **더 나음**과 **더 나쁨**은 비교한 방법과 지표의 수만큼 보정한 뒤에만 표시해요.\n"
    "- **지표 수**에는 객체 밖 강조를 넣지 않아요. 박스 안 에너지를 뒤집은 값이고, 문헌 방식으로 그린 값은 방법보다 "
    "그리는 방식을 더 말해 주기 때문이에요. 한 묶음의 지표는 같은 것을 여러 면에서 본 것이라, 여럿에서 이겨도 "
    "발견이 여럿인 것은 아니에요.\n"
    "- **이론상 같음**: 평균 풀링과 선형 레이어 하나로 끝나는 네트워크라면, 마지막 레이어에서 이 맵들은 양의 "
    "상수배만 달라요. 이미지가 아무리 많아도 구별할 수 없어요.\n"
    "- **베이스라인**은 네트워크를 보지 않아요. 중앙 블롭을 이기지 못하는 방법은, 사진을 찍을 때 대상을 가운데에 "
    "둔다는 사실만 보여 주는 것일 수 있어요.\n"
    "- **우연 수준**은 아무 지식도 없는 맵이 평균적으로 얻는 값이에요(알려진 경우만 표시해요). **n**은 계산에 쓴 "
    "이미지 수예요.\n"
    "- **오라클**은 바로 이 이미지들에 가장 잘 맞는 임계값에서 얻은 값이에요. 그 위의 값은 임계값을 다른 이미지에서 "
    "정했으므로, 인용할 때는 위의 값을 쓰세요.\n"
    "- **삽입**과 **삭제**는 객체가 아니라 네트워크에 관한 지표예요. 네트워크가 엉뚱한 곳을 보더라도 맵은 그 "
    "네트워크에 충실할 수 있어요.\n"
    "- **별**은 차이가 아무리 작아도 평균이 가장 좋은 방법에 표시해요.",
}
