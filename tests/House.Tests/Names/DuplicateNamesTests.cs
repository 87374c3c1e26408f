using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>One name is one type: whoever searches for a name finds the one that is meant.</summary>
public sealed partial class DuplicateNamesTests
{
    /// <summary>The endpoint for tests is a program of its own, in Kinesis' words.</summary>
    private const string OfItsOwn = "deploy/local-kinesis/";

    private static readonly string[] Product = ["interfaces/", "grains/", "client/", "silo/", "deploy/"];

    /// <summary>Every collection calls its enumerator so.</summary>
    private static readonly string[] Conventional = ["Enumerator"];

    private static readonly ILookup<string, string> FilesByName = (
        from file in Tree.Sources
        where Product.Any(p => file.StartsWith(p, StringComparison.Ordinal)) && !file.StartsWith(OfItsOwn, StringComparison.Ordinal)
        from Match match in TypeDeclaration().Matches(Tree.Read(file))
        let isPartial = match.Groups["modifiers"].Value.Contains("partial", StringComparison.Ordinal)
        select (Name: match.Groups["name"].Value, Place: isPartial ? Path.GetDirectoryName(file)! : file)).Distinct().ToLookup(t => t.Name, t => t.Place);

    /// <summary>Types of one file may share a name: a generic one and its companion. So may the parts of a partial one, in one folder.</summary>
    [Fact]
    public void NoTypeName_OccursTwiceInTheProduct()
    {
        Assert.True(FilesByName.Count > 500);
        Strays.None(FilesByName.Where(g => g.Count() > 1 && !Conventional.Contains(g.Key)).Select(g => $"{g.Key}: {string.Join(", ", g)}"));
    }

    [GeneratedRegex(
        @"^[ ]*(?<modifiers>(?:(?:public|internal|file|private|protected|static|sealed|abstract|readonly|ref|partial|unsafe|new)\s+)+)(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+(?<name>[A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();
}
