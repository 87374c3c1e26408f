using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>A type that stands by itself, not inside another, with the files and lines of all its parts.</summary>
internal sealed partial record DeclaredType(string Name, string Namespace, IReadOnlyList<TypePart> Parts)
{
    public static IReadOnlyList<DeclaredType> All { get; } =
        [.. from file in Tree.Sources
            from part in In(file)
            group part by (part.Name, part.Namespace, Of: part.IsFileLocal ? file : "") into parts
            select new DeclaredType(parts.Key.Name, parts.Key.Namespace, [.. parts])];

    public static IEnumerable<DeclaredType> OfProduct => All.Where(t => !t.IsOfTests);

    public static IEnumerable<DeclaredType> OfTests => All.Where(t => t.IsOfTests);

    public bool IsOfTests => Parts[0].File.StartsWith("tests/", StringComparison.Ordinal);

    public int Lines => Parts.Sum(p => p.Lines);

    public override string ToString() => $"{Name}: {string.Join(", ", Parts.Select(p => p.File))}";

    /// <summary>Every file has one namespace, above its types, and every type's braces stand at the left edge: House.Tests needs no parser.</summary>
    private static IEnumerable<TypePart> In(string file)
    {
        var lines = File.ReadAllLines(Tree.Root + file);
        var space = "";
        for (var at = 0; at < lines.Length; at++)
        {
            if (NamespaceLine().Match(lines[at]) is { Success: true } found)
                space = found.Groups[1].Value;
            if (TypeLine().Match(lines[at]) is not { Success: true } type)
                continue;
            var end = EndOf(lines, at);
            yield return new TypePart(type.Groups["name"].Value, space, file, type.Groups["local"].Success, lines[at..(end + 1)]);
            at = end;
        }
    }

    private static int EndOf(string[] lines, int start)
    {
        var isOpen = false;
        for (var at = start; at < lines.Length; at++)
        {
            isOpen |= lines[at] == "{";
            if (lines[at].StartsWith('}') || (!isOpen && lines[at].TrimEnd() is [.., ';' or '}']))
                return at;
        }
        return lines.Length - 1;
    }

    [GeneratedRegex(@"^namespace ([\w.]+);")]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:\[.*\]\s*)?(?:(?:public|internal|(?<local>file)|static|sealed|abstract|readonly|partial|ref|unsafe) )*(?:class|struct|interface|enum|record struct|record class|record|delegate [\w<>?\[\],. ]+) (?<name>\w+)")]
    private static partial Regex TypeLine();
}
