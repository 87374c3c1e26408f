using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Orleans.Kpl.House.Tests.Snippets;

namespace Orleans.Kpl.House.Tests.Road;

/// <summary>The sources of grains/Pipeline and client/Producer, compiled together, so that each name in them is known by what it means.</summary>
internal sealed class RoadSources
{
    public static readonly string[] Folders = ["grains/Pipeline/", "client/Producer/"];

    private static readonly string[] Assemblies = ["Orleans.Kpl.Pipeline.dll", "Orleans.Kpl.Producer.dll"];

    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];

    public RoadSources()
    {
        var parsing = new CSharpParseOptions(LanguageVersion.Latest);
        var trees = Files.Select(f => CSharpSyntaxTree.ParseText(Tree.Read(f), parsing, f)).ToList();
        trees.Add(CSharpSyntaxTree.ParseText(SnippetCompiler.ImplicitUsings, parsing));
        var references = SnippetCompiler.WithoutOrleans.Value.Where(r => !Assemblies.Contains(Path.GetFileName(r.Display)));
        // The name is one that sees what is internal to the other projects.
        Compilation = CSharpCompilation.Create("Orleans.Kpl.Producer", trees, references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        Types = [.. AllIn(Compilation.Assembly.GlobalNamespace)];
    }

    public static IEnumerable<string> Files => Tree.Sources.Where(f => Folders.Any(o => f.StartsWith(o, StringComparison.Ordinal)));

    public CSharpCompilation Compilation { get; }

    /// <summary>The types that the sources declare, without those inside others.</summary>
    public IReadOnlyList<INamedTypeSymbol> Types { get; }

    /// <summary>Returns the type of a short name.</summary>
    public INamedTypeSymbol Type(string name) => Types.Single(t => t.Name == name);

    /// <summary>Returns the files that declare a symbol.</summary>
    public static IEnumerable<string> FilesOf(ISymbol symbol) => symbol.DeclaringSyntaxReferences.Select(r => r.SyntaxTree.FilePath).Distinct();

    /// <summary>Returns the symbol that a name means, or the likeliest of several; null for none.</summary>
    public ISymbol? Meaning(SyntaxNode name)
    {
        if (!_models.TryGetValue(name.SyntaxTree, out var model))
            _models[name.SyntaxTree] = model = Compilation.GetSemanticModel(name.SyntaxTree);
        var info = model.GetSymbolInfo(name, TestContext.Current.CancellationToken);
        return info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
    }

    private static IEnumerable<INamedTypeSymbol> AllIn(INamespaceSymbol space) =>
        space.GetTypeMembers().Concat(space.GetNamespaceMembers().SelectMany(AllIn));
}
