using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

public sealed class LanguageTests
{
    private static readonly Regex NamespaceDeclaration = new(@"^namespace\s+([A-Za-z0-9_.]+)", RegexOptions.Multiline);

    // Put together here, so that this file does not find itself.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception"];

    private static readonly Regex MachinePath = new(@"(^|[^A-Za-z0-9_.\-/}])/(wor" + "k|far" + "m|tm" + "p|hom" + "e|roo" + @"t|User" + @"s)/[A-Za-z0-9._]",
        RegexOptions.Compiled);

    [Fact]
    public void Nothing_IsLeftUnfinished()
    {
        var found = from file in Tree.TextFiles
                    from line in File.ReadLines(Tree.Root + file)
                    where Unfinished.Any(w => line.Contains(w, StringComparison.Ordinal))
                    select $"{file}: {line.Trim()}";
        Strays.None(found);
    }

    [Fact]
    public void NoFile_NamesAPathOfAMachine()
    {
        var found = from file in Tree.TextFiles
                    from line in File.ReadLines(Tree.Root + file)
                    where MachinePath.IsMatch(line)
                    select $"{file}: {line.Trim()}";
        Strays.None(found);
    }

    [Fact]
    public void LockFile_NamesNoRegistry() =>
        Assert.DoesNotContain("\"resolved\"", Tree.Read("tests/stand-ins/package-lock.json"), StringComparison.Ordinal);

    /// <summary>Below Orleans.Kpl these names would hide Orleans' own namespaces.</summary>
    [Fact]
    public void Namespaces_HideNoneOfOrleans()
    {
        var found = from file in Tree.Sources
                    from Match match in NamespaceDeclaration.Matches(Tree.Read(file))
                    let name = match.Groups[1].Value
                    where name.StartsWith("Orleans.Kpl", StringComparison.Ordinal) && name.Split('.').Intersect(["Streams", "Runtime", "Configuration", "Hosting"]).Any()
                    select $"{file}: {name}";
        Strays.None(found);
    }

    [Fact]
    public void Namespaces_AreOurs()
    {
        // Set-up extensions lie where users look for them.
        string[] elsewhere = ["Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Configuration", "Orleans.Hosting"];
        var found = from file in Tree.Sources
                    from Match match in NamespaceDeclaration.Matches(Tree.Read(file))
                    let name = match.Groups[1].Value
                    where name != "Orleans.Kpl" && !name.StartsWith("Orleans.Kpl.", StringComparison.Ordinal) && !elsewhere.Contains(name)
                    // Samples are what users write: names of ours need a using there.
                    where !file.StartsWith("samples/", StringComparison.Ordinal) || !name.StartsWith("Samples.", StringComparison.Ordinal)
                    select $"{file}: {name}";
        Strays.None(found);
    }

    [Fact]
    public void Tests_NeverSleep()
    {
        // Only the times of a bench are real time.
        var sleep = new Regex(@"Thread\.Sl" + @"eep|Task\.Del" + @"ay\([0-9]");
        var found = from file in Tree.Sources
                    where file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("tests/Benchmarks/", StringComparison.Ordinal)
                    from line in File.ReadLines(Tree.Root + file)
                    where sleep.IsMatch(line)
                    select $"{file}: {line.Trim()}";
        Strays.None(found);
    }
}
