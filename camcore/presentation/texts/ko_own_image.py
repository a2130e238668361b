"""The texts of the page Try your own image, in Korean."""

OWN_IMAGE_STRINGS = {
    "own_image.name": "내 이미지로 해 보기",
    "own_image.title": "내 이미지에서는 어디를 볼까요?",
    "own_image.lead": "네트워크가 한 번도 보지 못한 이미지를 올리고, 원하는 클래스의 히트맵 두 개를 골라 "
    "비교해 보세요.",
    "own_image.upload": "이미지",
    "own_image.upload.hint": "이 페이지 아무 곳에나 끌어다 놓거나, Ctrl+V로 붙여 넣거나, 파일을 선택하세요. 한 번에 "
    "{count}장까지, 한 장에 {megapixels}백만 화소까지 볼 수 있어요.",
    "own_image.private": "이미지는 삭제하거나 이 페이지를 떠날 때까지만 서버 메모리에 있어요. 디스크에 저장하지 않고, "
    "다른 방문자에게 보이지 않아요.",
    "own_image.camera": "카메라 사용",
    "own_image.camera.take": "사진 찍기",
    "own_image.camera.file": "카메라",
    "own_image.camera.insecure": "브라우저는 https 페이지나 내 컴퓨터에서 실행한 페이지에서만 카메라를 허용해요. "
    "지금은 http 페이지예요. 휴대전화에서는 파일을 선택할 때 카메라도 고를 수 있어요.",
    "own_image.empty.title": "이미지를 올려 시작하세요",
    "own_image.empty.body": "가장 유력한 클래스 다섯 개와, 원하는 방법과 레이어의 맵 두 개를 나란히 보여 줘요. 그림은 "
    "PNG, 원본 맵은 NPY 파일로 내려받을 수 있어요.",
    "own_image.empty.classes": "이 네트워크는 {count:,}개 클래스를 구별하고, 어떤 이미지든 그중 하나로 답해요: "
    "{names}.",
    "own_image.no_weights.title": "{run}: 아직 가중치가 없어요",
    "own_image.no_weights.body": "끝난 에폭이 없어서 답할 네트워크가 없어요. 아래 명령으로 학습을 이어 가세요.",
    "own_image.working": "이미지를 읽고 네트워크에 물어보고 있어요 …",
    "own_image.line": "다른 사람도 네트워크에 물어보고 있어요. 대기 순서 {place}번, 약 {seconds}초 남았어요.",
    "own_image.too_many": "처음 {most}장만 보여요. 나머지 {count}장을 보려면 일부를 삭제하세요.",
    "own_image.refused.title": "표시하지 않은 이미지",
    "own_image.refused.empty": "“{name}”: 빈 파일이에요(0바이트). 다른 파일을 선택하세요.",
    "own_image.refused.bytes": "“{name}”: {megabytes:.1f}MB예요. {most}MB까지 읽을 수 있어요. 더 작게 저장하세요.",
    "own_image.refused.pixels": "“{name}”: {most}백만 화소를 넘어요. 크기를 줄이세요.",
    "own_image.refused.kind": "“{name}”: 이름과 상관없이, 여기서 읽을 수 있는 형식의 이미지가 아니에요. JPEG나 PNG로 "
    "저장하세요.",
    "own_image.refused.damaged": "“{name}”: 손상된 파일이에요({reason}). 다시 저장하거나 복사하세요.",
    "own_image.class": "클래스",
    "own_image.class.own": "이미지마다 네트워크의 답",
    "own_image.caption.class": "{name}: {label} 클래스의 맵, {share}",
    "own_image.classes.title": "예측 후보",
    "own_image.classes.lead": "가장 유력한 클래스예요. 네트워크는 이 클래스 말고는 아는 말이 없어서, 확신하면서도 틀릴 "
    "수 있어요.",
    "own_image.other_class": "{count:,}개 중 {place:,}위",
    "own_image.download": "내려받기",
    "own_image.download.png": "보이는 그대로의 그림(PNG)",
    "own_image.download.npy": "{source} 원본 맵(NPY)",
}
