"""The texts about what a training tells beside its curves, in Korean; `ko` takes them in."""

TRAINING_STRINGS = {
    "training_curves.images_per_second": "초당 이미지 수",
    "training_curves.seconds": "에폭당 시간(초)",
    "training_curves.speed": "속도는 증강을 포함한 학습 단계만 잰 값이에요. 검증 시간과 첫 에폭 전의 디코딩 시간은 "
    "빠져 있어요. 색은 위 차트와 같아요.",
    "training_curves.group": "{group} (시드 {count}개)",
    "training_curves.together": "시드 합쳐 보기",
    "training_curves.together.help": "시드만 다른 실험들을 평균 곡선 하나로 보여 줘요. 끄면 실험마다 곡선을 따로 "
    "그려요.",
    "training_curves.range": "시드가 여럿이면 선은 평균이고, 검증 곡선 뒤의 띠는 최솟값부터 최댓값까지예요.",
    "training_curves.behind": "{group}: 모든 실험이 도달한 {epoch}에폭까지만 그렸어요.",
    "overview.seeds": "{group}: {mean} ± {deviation}% (시드 {count}개)",
    "overview.seeds.lead": "저장된 가중치의 검증 정확도, 평균 ± 표준편차예요. {each}.",
    "overview.seeds.each": "시드 {seed}: {accuracy}",
    "overview.seeds.few": "{group}: 시드 {count}개",
    "overview.seeds.few.lead": "두 개 이상 끝나면 평균과 표준편차가 여기에 표시돼요.",
    "overview.seeds.unfinished": "지금까지 {count}개 중 {finished}개가 끝났어요.",
}
