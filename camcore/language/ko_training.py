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
    "calibration.name": "확신도",
    "calibration.title": "{run}: 확신한 만큼 맞힐까요?",
    "calibration.unexplained": "{run}: 히트맵을 만들고 나면 확신도를 믿어도 되는지 여기에 표시돼요.",
    "calibration.none": "클래스가 하나만 있는 검증 이미지가 없어서 셀 수 있는 답이 없어요.",
    "calibration.average.over": "실제보다 평균 {gap}%p 과신해요. 확신도 {confidence}%, 정확도 {accuracy}%예요.",
    "calibration.average.under": "실제보다 평균 {gap}%p 덜 확신해요. 확신도 {confidence}%, 정확도 {accuracy}%예요.",
    "calibration.average.unclear": "이미지 {images:,}장으로는 평균적으로 과신하는지 덜 확신하는지 가릴 수 없어요. "
    "확신도는 {confidence}%, 정확도는 {accuracy}%예요.",
    "calibration.bins.fault": "구간별로 보면 확신도와 정확도가 {error}%p 벌어져 있어요. 완벽히 보정된 네트워크에서 "
    "우연히 생길 수 있는 차이(100번 중 95번은 {chance}%p 이하)보다 커요.",
    "calibration.bins.chance": "구간별로 보면 확신도와 정확도가 {error}%p 벌어져 있어요. 완벽히 보정된 "
    "네트워크에서도 우연히 생길 수 있는 차이(100번 중 95번은 {chance}%p 이하)예요.",
    "calibration.confidence": "평균 확신도",
    "calibration.confidence.note": "자기 답에 대한 확신",
    "calibration.accuracy": "정확도",
    "calibration.gap": "확신도 − 정확도",
    "calibration.gap.note": "단위 %p, 95% 신뢰구간 {low} ~ {high}",
    "calibration.error": "보정 오차(ECE)",
    "calibration.error.note": "단위 %p, 우연만으로 최대 {chance}",
    "calibration.over": "과신",
    "calibration.under": "덜 확신",
    "calibration.axis.confidence": "확신도",
    "calibration.axis.accuracy": "정답 비율",
    "calibration.axis.images": "이미지 수",
    "calibration.hover.bin": "평균 확신도 %{{x:.0%}}, 정답 "
    "%{{y:.0%}}(%{{customdata[1]:.0%}}~%{{customdata[2]:.0%}}), 이미지 %{{customdata[0]:,}}장",
    "calibration.hover.count": "확신도 %{{customdata[0]:.0%}}~%{{customdata[1]:.0%}}: 이미지 %{{y:,}}장",
    "calibration.legend": "점선 위에 있으면 확신한 만큼 맞힌다는 뜻이에요. 점 하나는 확신도가 비슷한 이미지 한 "
    "구간이고, 이미지가 많을수록 커요. 막대는 점선과의 거리, 가는 선은 정확도의 95% 신뢰구간이에요.",
    "calibration.legend.help": "기대 보정 오차(ECE, Guo et al. 2017)는 확신도와 정확도의 차이를 너비가 같은 15개 "
    "구간에서 구해 이미지 수로 가중 평균한 값이에요. 음수가 될 수 없어서 우연만으로도 커지고, 이미지가 적을수록 더 "
    "커져요. 그래서 확신도는 같고 완벽히 보정된 네트워크라면 100번 중 95번은 넘지 않을 값을 함께 보여 줘요. 위의 "
    "확신도와 정확도 차이에는 이런 치우침이 없어요.",
    "calibration.bins": "구간별 수치",
    "calibration.column.range": "확신도",
    "calibration.column.images": "이미지 수",
    "calibration.column.confidence": "평균 확신도",
    "calibration.column.accuracy": "정확도",
    "calibration.column.interval": "95% 신뢰구간",
}
