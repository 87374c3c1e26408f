namespace Orleans.Kpl.House.Tests;

/// <summary>
/// Which namespace of a project may use which, from the ground up: a line has a namespace and those that it uses, all of which stand above
/// it in this list. A dot is the project's own namespace. A type that would need a line of its own to be reached belongs on a lower floor.
/// </summary>
internal static class Ladders
{
    private const string Scaling = """
        Planning
        Policy: Planning
        Operations: Planning Policy
        Running: Operations Planning Policy
        """;

    public static IReadOnlyDictionary<string, IReadOnlyList<(string Name, string[] Uses)>> All { get; } = new Dictionary<string, IReadOnlyList<(string, string[])>>
    {
        ["Orleans.Kpl.Scaling"] = Read(Scaling),
    };

    private static List<(string Name, string[] Uses)> Read(string ladder) =>
        [.. ladder.Split('\n', StringSplitOptions.TrimEntries).Select(l => l.Split(':')).Select(l => (l[0], l.Length == 1 ? [] : l[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
