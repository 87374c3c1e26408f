using System.Text.Json.Nodes;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>
/// What the chart renders are objects as Kubernetes, Cilium, KEDA and the Gateway API publish them. An API server drops names that it does not know, or
/// refuses them only when somebody installs.
/// </summary>
public sealed class ObjectTypeTests
{
    private const string Planted = "planted";

    /// <summary>Maps in which every name may stand, by the ends of their paths.</summary>
    private static readonly string[] Free = ["labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "data", "stringData"];

    /// <summary>In one run of the compiler, which takes seconds: mistakes are among the objects, so that finding nothing means something.</summary>
    [Fact]
    public async Task Objects_OfEverySet_AreTaken_AndMistakesAreNot()
    {
        var objects = Objects().ToList();
        Assert.True(objects.Count > 100, $"{objects.Count} objects");
        (Action<JsonObject> Change, string Told)[] mistakes =
        [
            (static o => o["spec"]!["template"]!["spec"]!["containers"]![0]!["readinesProbe"] = new JsonObject(), "'\"readinesProbe\"' does not exist"),
            (static o => o["spec"]!["replicas"] = "3", "Type 'string' is not assignable to type 'number'"),
            (static o => ((JsonObject)o["spec"]!).Remove("selector"), "Property '\"selector\"' is missing"),
            (static o => o["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]![0]!["value"] = true, "Type 'boolean' is not assignable to type 'string'"),
            (static o => o["apiVersion"] = "apps/v2", "no type is known for apps/v2 Deployment"),
        ];
        var deployment = GoldenSets.Render("least").One("Deployment");
        var mistaken = mistakes.Select(m =>
        {
            var copy = deployment.Json;
            m.Change(copy);
            return copy;
        });

        var refused = await KubernetesTypes.FindRefusedAsync(objects.Select(static o => o.Object).Concat(mistaken));

        var found = objects.Zip(refused).SelectMany(static p => p.Second.Select(m => $"{p.First.From}, {p.First.Object["kind"]}: {m}"));
        Assert.True(!found.Any(), string.Join('\n', found));
        Assert.All(
            mistakes.Zip(refused.Skip(objects.Count)), static m => Assert.Contains(m.First.Told, string.Join('\n', m.Second), StringComparison.Ordinal));
    }

    /// <summary>So nothing that the chart has could be misspelt unnoticed: no place is one where the types look away.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task AnUnknownName_AtEveryPlace_IsRefused_WhereNamesAreNotFree()
    {
        var places = Objects().SelectMany(static o => Maps(o.Object, []).Select(path => (o.Object, Path: path)))
            .DistinctBy(static p => $"{p.Object["kind"]} {Name(p.Path)}").ToList();
        Assert.True(places.Count > 150, $"{places.Count} places");
        var refused = await KubernetesTypes.FindRefusedAsync(places.Select(static p => With(p.Object, p.Path)));
        foreach (var ((o, path), told) in places.Zip(refused))
        {
            var where = $"{o["kind"]} {Name(path)}";
            if (IsFree(o, path))
                Assert.True(told.Count == 0, $"{where}: {string.Join('\n', told)}");
            else
                Assert.True(told.Any(static t => t.Contains($"'\"{Planted}\"' does not exist", StringComparison.Ordinal)), $"{where} takes every name");
        }
    }

    [Theory]
    [InlineData("on", "true")]
    [InlineData("No", "false")]
    [InlineData("'on'", "\"on\"")]
    [InlineData("0440", "288")]
    [InlineData("0x4B", "75")]
    [InlineData("\"0x4B\"", "\"0x4B\"")]
    [InlineData("-12", "-12")]
    [InlineData("1.5", "1.5")]
    [InlineData("0.1.0", "\"0.1.0\"")]
    [InlineData("30s", "\"30s\"")]
    [InlineData("~", "null")]
    [InlineData("|\n  on", "\"on\"")]
    public void Scalar_IsReadAsKubernetesDoes(string yaml, string json) =>
        Assert.Equal(json, YamlMap.Parse($"v: {yaml}")[0].Json["v"]?.ToJsonString() ?? "null");

    /// <summary>What was rendered, and what the workflow of kind installs beside it.</summary>
    private static IEnumerable<(string From, JsonObject Object)> Objects() =>
        GoldenSets.Names.SelectMany(static row => GoldenSets.Render(row.Data).Objects.Select(o => (row.Data, o.Json)))
            .Concat(YamlMap.Parse(File.ReadAllText(Path.Combine(Checkout.Root, ".github", "stand-ins.yaml"))).Select(static o => ("kind", o.Json)));

    private static bool IsFree(JsonObject o, IReadOnlyList<object> path) =>
        path.Count > 0 && path[^1] is string last && (Free.Contains(last)
            || (last == "selector" && (string?)o["kind"] == "Service")
            || (last == "metadata" && (string?)o["kind"] == "ScaledObject" && path.Count > 1));

    /// <summary>The paths of all maps in it.</summary>
    private static IEnumerable<IReadOnlyList<object>> Maps(JsonNode? node, IReadOnlyList<object> path) => node switch
    {
        JsonObject map => map.SelectMany(m => Maps(m.Value, [.. path, m.Key])).Prepend(path),
        JsonArray list => list.SelectMany((n, i) => Maps(n, [.. path, i])),
        _ => [],
    };

    private static JsonObject With(JsonObject o, IReadOnlyList<object> path)
    {
        var copy = (JsonObject)o.DeepClone();
        var place = path.Aggregate((JsonNode)copy, static (n, p) => p is int i ? n[i]! : n[(string)p]!);
        place[Planted] = "x";
        return copy;
    }

    private static string Name(IEnumerable<object> path) => string.Join('.', path.Select(static p => p is int ? "*" : p));
}
