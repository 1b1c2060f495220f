@main enum VarlinkGenerate { static func main() {} }
