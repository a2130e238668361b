"""The texts of the report, in Korean; `ko` takes them in."""

REPORT_STRINGS = {
    "report.title": "{run}: 어디를 볼까요?",
    "report.made": "이미지 {images:,}장, 히트맵 생성일 {date}, camcore {version}.",
    "report.noscript": "이미지와 차트는 이 파일에 들어 있는 스크립트가 그려요. 스크립트를 허용하면 볼 수 있어요. 글과 "
    "표는 스크립트 없이도 모두 보여요.",
    "report.sections": "이 보고서의 구성",
    "report.sections.pictures": "이미지",
    "report.verdict.title": "수치로 보는 판정",
    "report.verdict.measure": "지표",
    "report.verdict.missing.title": "아직 판정이 없어요",
    "report.verdict.missing.body": "히트맵은 준비됐지만 방법끼리 비교한 결과가 아직 없어요. 아래 명령을 실행하면 몇 "
    "분 안에 비교가 끝나요. 그런 다음 보고서를 다시 만드세요.",
    "report.verdict.table.lead": "단위는 %이고, 95% 신뢰구간을 함께 보여 줘요. ★ 방법 중 가장 좋은 평균. ▲ ▼ 보정 후 "
    "{reference}보다 나음 또는 나쁨. 수치를 누르면 그 지표의 차이를 볼 수 있어요.",
    "report.pictures.title": "{first}, {second}: 가장 크게 엇갈리는 이미지",
    "report.pictures.lead": "전체 {total:,}장 중 {count:,}장, 차이가 큰 순서. 지표: {measure}. 그리는 방식: "
    "{convention}. 모든 설정은 이 파일 안에서 바로 바꿀 수 있어요.",
    "report.pictures.single.title": "이미지: {first}",
    "report.pictures.single.lead": "전체 {total:,}장 중 {count:,}장, 확신도가 높은 오답부터. 모든 설정은 이 파일 "
    "안에서 바로 바꿀 수 있어요.",
    "report.training.title": "학습",
    "report.training.none": "이 실험에는 학습 기록이 없어요.",
    "report.training.imported": "다른 곳에서 학습한 네트워크예요. 가중치를 가져온 {file} 파일에는 학습 기록이 없어요.",
    "report.reading.title": "읽는 법",
    "report.reading.body": "- **밝은 곳**이 강하게 강조된 곳이에요. 맵이 설명하는 클래스의 근거가 되는 곳이라는 "
    "뜻이에요. 보라와 주황은 두 맵의 차이를 볼 때 써요.\n"
    "- **문헌 방식 그대로**: CAM은 최솟값부터 최댓값까지 펼쳐서 그려요. 그래서 증거가 전혀 없는 곳도 밝게 보일 수 "
    "있어요. 다른 방법은 모두 0에서 잘라요. **양의 증거**는 모든 방법을 0에서 잘라요.\n"
    "- **강조 이동량**은 한 그림을 다른 그림으로 바꾸려면 옮겨야 하는 강조의 비율이에요. **객체 밖 강조**는 강조 중 "
    "데이터셋에 표시된 박스 밖에 있는 비율이에요.\n"
    "- **박스, 불투명도, 색상, 셀, 스케일**은 저장된 수치는 그대로 두고 그리는 방법만 바꿔요. 서버 없이 이 파일 "
    "안에서 바뀌어요.",
    "report.about.title": "만든 과정",
    "report.about.dataset": "데이터셋",
    "report.about.dataset.value": "{dataset}, 클래스 {classes:,}개",
    "report.about.model": "네트워크",
    "report.about.model.value": "{backbone}, {head} 헤드, 초기 가중치: {weights}",
    "report.about.weights.none": "없음(처음부터 학습)",
    "report.about.view": "네트워크 입력",
    "report.about.view.value": "{view}, {size} × {size}픽셀, 맵 크기: {grids}셀",
    "report.about.training": "학습",
    "report.about.training.value": "{epochs}에폭, {optimizer}, 학습률 {rate:g}, 배치 {batch}, 시드 {seed}",
    "report.about.training.elsewhere": "다른 곳에서 클래스 {classes:,}개로 학습한 뒤 가져옴",
    "report.about.cam": "CAM 적용",
    "report.about.cam.yes": "가능: mean(CAM) + bias 값과 출력의 오차는 출력 범위 대비 최대 {error}",
    "report.about.cam.no": "불가: mean(CAM) + bias 값과 출력의 오차는 출력 범위 대비 {error}",
    "report.about.machine": "하드웨어",
    "report.about.versions": "버전",
    "report.about.trained": "학습 시작일",
    "report.about.imported": "가져온 날",
    "report.footer": "camcore {version} 버전으로 {date}에 만든 파일 하나짜리 보고서예요. 보여 주는 내용이 모두 이 "
    "파일에 들어 있고, 밖에서 아무것도 불러오지 않아요.",
    "report.download": "보고서 내려받기",
    "report.download.help": "이 수치들과 곡선, 이미지 {count}장을 담은 HTML 파일 하나예요. 서버나 네트워크 없이 열 수 "
    "있어요.",
}
