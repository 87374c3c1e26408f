using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Orleans.Kpl.House.Tests.Snippets;

/// <summary>Compiles a piece of code as the only file of a program or library for net10.0, with implicit usings and our packages.</summary>
internal static class SnippetCompiler
{
    /// <summary>Those of Microsoft.NET.Sdk.</summary>
    public static readonly string ImplicitUsings = string.Concat(
        new[] { "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks" }
            .Select(n => $"global using {n};\n"));

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    /// <summary>The folder of .NET, which has its reference assemblies and its source generators.</summary>
    private static readonly string DotNet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private static readonly string OrleansProgram = Checkout.Built("Orleans.Kpl.ClusterBench", "");

    /// <summary>.NET, and our packages that need no Orleans.</summary>
    public static readonly Lazy<IReadOnlyList<MetadataReference>> WithoutOrleans = new(() => References(
        Checkout.Built("Orleans.Kpl.Local", ""), Checkout.Built("Orleans.Kpl.Testing", ""), Checkout.Built("Orleans.Kpl.Glue", ""), AppContext.BaseDirectory));

    private static readonly string SiloProgram = Checkout.Built("Orleans.Kpl.Samples.Bridge", "");

    private static readonly Lazy<IReadOnlyList<MetadataReference>> WithOrleans = new(() => References(OrleansProgram, SiloProgram));

    /// <summary>Whether that half of the project is built.</summary>
    public static bool HasOrleans => File.Exists(Path.Combine(OrleansProgram, "Orleans.Kpl.Client.dll")) && Directory.Exists(SiloProgram);

    /// <summary>Returns the errors.</summary>
    /// <param name="withOrleans">Whether it is for a program that uses the packages for a cluster.</param>
    public static IReadOnlyList<Diagnostic> Compile(string code, bool withOrleans)
    {
        var tree = CSharpSyntaxTree.ParseText(code, Parsing, cancellationToken: TestContext.Current.CancellationToken);
        var isProgram = tree.GetRoot(TestContext.Current.CancellationToken).ChildNodes().OfType<GlobalStatementSyntax>().Any();
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create(
            "Snippet", [tree, CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing)], (withOrleans ? WithOrleans : WithoutOrleans).Value, options);
        CSharpGeneratorDriver.Create(JsonGenerators(), parseOptions: Parsing).RunGeneratorsAndUpdateCompilation(compilation, out var whole, out _);
        return [.. whole.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity == DiagnosticSeverity.Error)];
    }

    private static List<MetadataReference> References(params string[] folders)
    {
        var files = Directory.EnumerateFiles(ReferencePack("Microsoft.NETCore.App.Ref"), "*.dll")
            .Concat(Directory.EnumerateFiles(ReferencePack("Microsoft.AspNetCore.App.Ref"), "*.dll"))
            .Concat(folders.SelectMany(f => Directory.EnumerateFiles(f, "*.dll")).Where(IsManaged));
        return [.. files.DistinctBy(Path.GetFileName).Select(f => MetadataReference.CreateFromFile(f))];
    }

    private static string ReferencePack(string name) => Path.Combine(PackVersion(name), "ref", $"net{Environment.Version.Major}.0");

    private static string PackVersion(string name) =>
        Directory.GetDirectories(Path.Combine(DotNet, "packs", name), $"{Environment.Version.Major}.*").Order(StringComparer.Ordinal).Last();

    private static IEnumerable<ISourceGenerator> JsonGenerators()
    {
        var file = Path.Combine(PackVersion("Microsoft.NETCore.App.Ref"), "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll");
        return AssemblyLoadContext.Default.LoadFromAssemblyPath(file).GetTypes()
            .Where(t => t.IsDefined(typeof(GeneratorAttribute), inherit: false))
            .Select(t => ((IIncrementalGenerator)Activator.CreateInstance(t)!).AsSourceGenerator());
    }

    private static bool IsManaged(string file)
    {
        try
        {
            AssemblyName.GetAssemblyName(file);
            return true;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
