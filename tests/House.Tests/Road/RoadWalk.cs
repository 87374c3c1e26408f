using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Orleans.Kpl.House.Tests.Road;

/// <summary>
/// What somebody must read who follows one record from <c>KplProducer.PutAsync</c>: every file that declares a type which the signatures, fields and bodies
/// on the way name, and those that these name in turn.
/// </summary>
/// <remarks>
/// An interface or an abstract class brings along all that stands behind it; a seam brings only its plain default. A type that wires the steps together
/// counts, but only its members on the record's way are followed, or else it would bring everything. Delegates are not followed.
/// </remarks>
internal sealed class RoadWalk
{
    private static readonly string[] Wiring = ["KplProducer", "ProducerPipeline"];

    /// <summary>The places where features hang on the road, and what stands there on the plain one.</summary>
    private static readonly Dictionary<string, string[]> Seams = new()
    {
        ["ProducerRoad"] = ["StreamRoad"],
        ["Admission"] = ["RecordIntake", "MemoryAdmission"],
        ["IRecordSource"] = ["UserRecordSource"],
        ["IRecordLimit"] = [],
        ["BatchOrigin"] = [],
        ["IBatchOutcomes"] = ["BatchOutcome"],
        ["IRoute"] = ["RecordRouter"],
        ["ISinkRider"] = [],
        ["OutcomeSink"] = ["SingleOutcome", "AcceptedOutcome", "BatchPart"],
        ["StreamKnowledge"] = [],
        ["ShardWatch"] = [],
        ["MemoryLimit"] = [],
        ["AggregateGroup"] = [],
        ["IRoadEvents"] = [],
        ["ICallWriter"] = ["PutRecordsWriter"],
        // What a timer wakes is no part of the way that comes by.
        ["TimerEntry"] = [],
    };

    /// <summary>What telemetry hears is listed, and neither counted nor followed.</summary>
    private static readonly string[] Uncounted = ["IPipelineEvents"];

    private readonly RoadSources _sources = new();
    private readonly HashSet<ISymbol> _seen = new(SymbolEqualityComparer.Default);
    private readonly Queue<ISymbol> _open = new();

    public RoadWalk()
    {
        var start = _sources.Type("KplProducer");
        Reach(start);
        foreach (var put in start.GetMembers("PutAsync"))
            Reach(put);
        while (_open.TryDequeue(out var next))
            Follow(next);
        var reached = _seen.OfType<INamedTypeSymbol>().ToLookup(t => Uncounted.Contains(t.Name));
        Files = [.. reached[false].SelectMany(RoadSources.FilesOf).Distinct()];
        Listed = [.. reached[true].SelectMany(RoadSources.FilesOf).Distinct()];
    }

    /// <summary>The files that count.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The files that are listed only.</summary>
    public IReadOnlyList<string> Listed { get; }

    private void Reach(ISymbol symbol)
    {
        if (_seen.Add(symbol))
            _open.Enqueue(symbol);
    }

    private void Follow(ISymbol symbol)
    {
        if (symbol is INamedTypeSymbol type)
        {
            if (Uncounted.Contains(type.Name) || IsWiring(type))
                return;
            foreach (var behind in Behind(type))
                Reach(behind);
        }

        foreach (var part in symbol.DeclaringSyntaxReferences)
            FollowNames(DeclarationOf(part.GetSyntax(TestContext.Current.CancellationToken)));
    }

    private void FollowNames(SyntaxNode declaration)
    {
        foreach (var name in declaration.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (_sources.Meaning(name) is not { } meant)
                continue;
            meant = meant is IMethodSymbol { ReducedFrom: { } extension } ? extension : meant;
            if (OuterOf(meant) is not { } owner || !SymbolEqualityComparer.Default.Equals(owner.ContainingAssembly, _sources.Compilation.Assembly))
                continue;
            Reach(owner);
            if (IsWiring(owner) && meant is not INamedTypeSymbol and not IMethodSymbol { MethodKind: MethodKind.Constructor })
                Reach(meant.OriginalDefinition);
            else if (meant.IsAbstract && meant.ContainingType is { } asked)
                ReachInWiring(asked.OriginalDefinition, meant.OriginalDefinition);
        }
    }

    /// <summary>Where the wiring implements a member, it leads on in the wiring.</summary>
    private void ReachInWiring(INamedTypeSymbol asked, ISymbol member)
    {
        foreach (var type in _sources.Types.Where(t => IsWiring(t) && IsBehind(t, asked)))
        {
            foreach (var implementation in type.GetMembers(member.Name).Where(m => m.Kind == member.Kind))
                Reach(implementation);
        }
    }

    private IEnumerable<INamedTypeSymbol> Behind(INamedTypeSymbol type)
    {
        if (type.TypeKind != TypeKind.Interface && !type.IsAbstract)
            return [];
        if (Seams.TryGetValue(type.Name, out var plain))
            return plain.Select(_sources.Type);
        return _sources.Types.Where(t => IsBehind(t, type));
    }

    private static bool IsBehind(INamedTypeSymbol candidate, INamedTypeSymbol type)
    {
        if (candidate.AllInterfaces.Any(i => SymbolEqualityComparer.Default.Equals(i.OriginalDefinition, type)))
            return true;
        for (var above = candidate.BaseType; above is not null; above = above.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(above.OriginalDefinition, type))
                return true;
        }

        return false;
    }

    private static bool IsWiring(INamedTypeSymbol type) => Wiring.Contains(type.Name);

    /// <summary>The outermost type that a symbol belongs to or is.</summary>
    private static INamedTypeSymbol? OuterOf(ISymbol symbol)
    {
        var type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
        while (type?.ContainingType is { } outer)
            type = outer;
        return type?.OriginalDefinition;
    }

    /// <summary>A field's type stands beside the declarator that declares it.</summary>
    private static SyntaxNode DeclarationOf(SyntaxNode syntax) => syntax is VariableDeclaratorSyntax { Parent: { } declaration } ? declaration : syntax;
}
