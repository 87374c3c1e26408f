using System.IO.Enumeration;

namespace Orleans.Kpl.Run.Following;

/// <summary>A path whose last part may have <c>*</c> and <c>?</c>, as in <c>/var/log/app*.log</c>.</summary>
/// <param name="Name">The pattern of names in it.</param>
internal sealed record FilePattern(string Folder, string Name)
{
    /// <summary>Takes a full path apart; null where a part before the last one is a pattern.</summary>
    public static FilePattern? Parse(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? "";
        return folder.AsSpan().ContainsAny('*', '?') || Path.GetFileName(path).Length == 0 ? null : new FilePattern(folder, Path.GetFileName(path));
    }

    /// <summary>Whether a file's name fits, and no pattern of <paramref name="exclude"/> fits it. A pattern without signs is the name of one file.</summary>
    public bool Fits(string name, IReadOnlyList<string> exclude) =>
        FileSystemName.MatchesSimpleExpression(Name, name, ignoreCase: false)
        && !exclude.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    /// <summary>Whether the pattern may fit several names.</summary>
    public bool HasSigns => Name.AsSpan().ContainsAny('*', '?');
}
