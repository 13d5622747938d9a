package ctpn.app

import android.app.Activity

class MainActivity : Activity()
