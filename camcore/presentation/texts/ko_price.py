"""What CAM's architecture costs in accuracy, in Korean; `ko` takes it in."""

PRICE_STRINGS = {
    "verdict.claim.price_none": "이 이미지들에서는 CAM에 필요한 구조 때문에 치르는 대가가 나타나지 않아요. 정확도는 "
    "이 실험 {accuracy:.1%}, {against} {accuracy_against:.1%}예요(차이 {difference}%p, 95% 신뢰구간 {low} ~ {high}).",
    "verdict.claim.price_some.lower": "CAM에 필요한 구조를 쓴 이 실험의 정확도가 {against}보다 낮아요. 이 실험 "
    "{accuracy:.1%}, {against} {accuracy_against:.1%}예요(차이 {difference}%p, 95% 신뢰구간 {low} ~ {high}). 각각 한 "
    "번씩 학습한 결과예요.",
    "verdict.claim.price_some.higher": "CAM에 필요한 구조를 쓴 이 실험의 정확도가 {against}보다 높아요. 이 실험 "
    "{accuracy:.1%}, {against} {accuracy_against:.1%}예요(차이 {difference}%p, 95% 신뢰구간 {low} ~ {high}). 각각 한 "
    "번씩 학습한 결과예요.",
    "verdict.price.title": "CAM 구조의 대가",
    "verdict.price.lead": "같은 이미지 {n:,}장에서 잰 이 실험의 정확도와 {against}의 정확도예요.",
    "verdict.price.here": "이 실험의 정확도",
    "verdict.price.against": "{against}의 정확도",
    "verdict.price.difference": "차이(%p)",
    "verdict.price.interval": "95% 신뢰구간 {low} ~ {high}, p {p}",
    # Over several seeds of both.
    "verdict.claim.price_over_seeds_none": "이 시드와 이미지들에서는 CAM에 필요한 구조 때문에 치르는 대가가 나타나지 "
    "않아요. 평균 정확도는 {group} {accuracy:.1%}(시드 {count}개), {against} {accuracy_against:.1%}(시드 "
    "{count_against}개)예요(차이 {difference}%p, 95% 신뢰구간 {low} ~ {high}). 대가가 없다는 증명은 아니에요.",
    "verdict.claim.price_over_seeds_some.lower": "CAM에 필요한 구조를 쓴 {group} 쪽의 정확도가 {against} 쪽보다 "
    "낮아요. 평균 정확도는 {accuracy:.1%}(시드 {count}개), {accuracy_against:.1%}(시드 {count_against}개)예요"
    "(차이 {difference}%p, 다른 시드와 비슷한 다른 이미지에 대한 95% 신뢰구간 {low} ~ {high}). 다른 학습 이미지로는 "
    "시험하지 않았어요.",
    "verdict.claim.price_over_seeds_some.higher": "CAM에 필요한 구조를 쓴 {group} 쪽의 정확도가 {against} 쪽보다 "
    "높아요. 평균 정확도는 {accuracy:.1%}(시드 {count}개), {accuracy_against:.1%}(시드 {count_against}개)예요"
    "(차이 {difference}%p, 다른 시드와 비슷한 다른 이미지에 대한 95% 신뢰구간 {low} ~ {high}). 다른 학습 이미지로는 "
    "시험하지 않았어요.",
    "verdict.price.seeds.lead": "같은 이미지 {n:,}장에서 잰 {group} (시드 {count}개), {against} (시드 "
    "{count_against}개)의 정확도예요.",
    "verdict.price.seeds.accuracy": "{group}의 평균 정확도",
    "verdict.price.seeds.deviation": "시드 {count}개의 표준편차 {deviation}%p",
    "verdict.price.seeds.interval": "다른 시드와 이미지에 대한 95% 신뢰구간 {low} ~ {high}, p {p}",
    "verdict.price.seeds.row": "시드 {seed}",
    "verdict.price.seeds.mean": "평균",
    "verdict.price.seeds.numbers": "{here} ● {against} ○",
    "verdict.price.seeds.reading": "● {group}, ○ {against}. 시드와 이미지를 모두 표본으로 봐요. 시드가 이만큼이면 "
    "신뢰구간은 양쪽으로 표준오차의 {standard_errors:.1f}배예요. 시드가 아주 많으면 2.0배가 돼요.",
    "verdict.price.seeds.differs": "두 쪽은 헤드 말고도 다른 점이 있어요: {difference}.",
    "verdict.price.seeds.unfinished": "학습이 끝나지 않아 뺀 실험: {runs}.",
}
