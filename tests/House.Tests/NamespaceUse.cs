using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>
/// One use of a namespace by a file of another one, or of its own. Names are those below the project's namespace, which is <c>.</c> itself.
/// </summary>
internal sealed partial record NamespaceUse(string File, string From, string To)
{
    private static readonly Regex NotCode = new(@"//[^\n]*|/\*.*?\*/|""(?:\\.|[^""\\\n])*""", RegexOptions.Singleline);
    private static readonly Regex Declaration = new(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline);
    private static readonly Regex Name = new(@"(?<![\w.])[A-Z]\w*(?:\.\w+)*");

    /// <summary>
    /// The uses within a project: by a using, by a full name, or, where a type stands in an enclosing namespace, which needs no using, by
    /// the type's name.
    /// </summary>
    public static IReadOnlyList<NamespaceUse> In(string project)
    {
        var files = Tree.Sources.Where(f => f.StartsWith(SourceProject.All[project].Folder + "/", StringComparison.Ordinal))
            .Select(f => (File: f, Text: NotCode.Replace(Tree.Read(f), " ")))
            .Select(f => (f.File, f.Text, Namespace: Declaration.Match(f.Text).Groups[1].Value))
            .Where(f => IsBelow(f.Namespace, project))
            .ToList();
        var types = files.SelectMany(f => TypeName().Matches(f.Text).Select(m => (f.Namespace, Type: m.Groups[1].Value)))
            .ToLookup(t => t.Type, t => t.Namespace);
        var all = files.Select(f => f.Namespace).ToHashSet();
        var uses = from file in files
                   let named = Name.Matches(file.Text).Select(m => m.Value).Distinct()
                   let used = named.SelectMany(
                       n => Longest(n, all) is { } full
                       ? [full]
                       : types[n.Split('.')[0]].Where(t => file.Namespace.StartsWith(t + ".", StringComparison.Ordinal)))
                   from to in used.Append(file.Namespace).Distinct()
                   select new NamespaceUse(file.File, Short(file.Namespace, project), Short(to, project));
        return [.. uses];
    }

    private static bool IsBelow(string name, string project) => name == project || name.StartsWith(project + ".", StringComparison.Ordinal);

    private static string Short(string name, string project) => name == project ? "." : name[(project.Length + 1)..];

    /// <summary>The namespace that a name with dots begins with; null where it is none of these.</summary>
    private static string? Longest(string name, HashSet<string> namespaces)
    {
        for (var end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
        {
            if (namespaces.Contains(name[..end]))
                return name[..end];
            if (!name[..end].Contains('.'))
                return null;
        }

        return null;
    }

    [GeneratedRegex(@"^(?:\[.*\]\s*)?(?:(?:public|internal|file|static|sealed|abstract|readonly|partial|ref|unsafe)\s+)+(?:class|struct|interface|enum|record\s+struct|record|delegate\s+[\w<>?\[\], ]+?)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();
}
