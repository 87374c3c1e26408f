namespace Orleans.Kpl.House.Tests;

/// <summary>The namespaces of a project form a ladder: each uses only those below it. <see cref="Ladders"/> says which.</summary>
public sealed class NamespaceTests
{
    public static TheoryData<string> Projects => [.. Ladders.All.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Ladder_HasNoCircle(string project)
    {
        var below = new HashSet<string>();
        var strays = new List<string>();
        foreach (var (name, uses) in Ladders.All[project])
        {
            strays.AddRange(uses.Where(u => !below.Contains(u)).Select(u => $"{name} -> {u}, which is not below it"));
            below.Add(name);
        }

        Strays.None(strays);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_UseOnlyThoseOfTheirLadder(string project)
    {
        var allowed = Ladders.All[project].SelectMany(r => r.Uses.Append(r.Name).Select(u => (r.Name, u))).ToHashSet();
        Strays.None(NamespaceUse.In(project).Where(u => !allowed.Contains((u.From, u.To))).Select(u => $"{u.From} -> {u.To}: {u.File}"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Ladder_NamesNothingThatIsNotThere(string project)
    {
        var there = NamespaceUse.In(project).Select(u => (u.From, u.To)).ToHashSet();
        var strays = from rung in Ladders.All[project]
                     from use in rung.Uses.Append(rung.Name)
                     where !there.Contains((rung.Name, use))
                     select $"{rung.Name} -> {use}";
        Strays.None(strays);
    }
}
