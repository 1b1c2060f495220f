@main enum Certification { static func main() {} }
