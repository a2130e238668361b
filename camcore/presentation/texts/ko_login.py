"""The texts of the login, and of what nobody foresaw, in Korean; `ko` takes them in."""

LOGIN_STRINGS = {
    "login.title": "로그인하고 둘러보세요",
    "login.lead": "관리자가 허용한 사람만 볼 수 있는 페이지예요. 로그인하면 열려던 페이지로 돌아와요.",
    "login.in": "로그인",
    "login.out": "로그아웃",
    "login.as": "로그인한 계정: {name}",
    "login.broken": "로그인이 설정되지 않았어요",
    "login.refused.title": "이 주소로는 들어올 수 없어요",
    "login.refused.lead": "로그인한 계정: {name}. 이 주소도, 그 도메인도 허용 목록에 없거나, 로그인 제공자가 이 주소를 "
    "확인해 주지 않았어요. 로그아웃한 뒤 다른 계정으로 로그인하거나 서버 관리자에게 문의하세요.",
    "fault.title": "이 페이지에서 오류가 났어요",
    "fault.body": "사용자의 잘못이 아니에요. 페이지를 새로고침하거나 다른 페이지로 가세요. 오류가 되풀이되면 서버 "
    "관리자에게 이 번호를 알려 주세요: {number}. 무슨 일이 있었는지 이 번호로 로그에 남아 있어요.",
}
