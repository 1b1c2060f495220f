@main enum Ndisctl { static func main() {} }
