using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>A map of a YAML document, read by paths such as <c>spec.template.spec</c>. Keys with dots are read by <see cref="Pairs"/>.</summary>
internal sealed class YamlMap(YamlMappingNode node)
{
    /// <summary>The entries that are texts.</summary>
    public IReadOnlyDictionary<string, string> Pairs =>
        node.Children.Where(static c => c.Value is YamlScalarNode).ToDictionary(
            static c => ((YamlScalarNode)c.Key).Value!, static c => ((YamlScalarNode)c.Value).Value ?? "");

    /// <summary>All names in it.</summary>
    public IEnumerable<string> Names => node.Children.Keys.Cast<YamlScalarNode>().Select(static k => k.Value!);

    /// <summary>All maps in it at any depth, itself included.</summary>
    public IEnumerable<YamlMap> All => node.AllNodes.OfType<YamlMappingNode>().Select(static n => new YamlMap(n));

    /// <summary>It as Kubernetes reads it.</summary>
    public JsonObject Json => (JsonObject)YamlJson.Of(node)!;

    public static IReadOnlyList<YamlMap> Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return [.. yaml.Documents.Select(static d => d.RootNode).OfType<YamlMappingNode>().Select(static n => new YamlMap(n))];
    }

    /// <summary>Whether the path leads anywhere.</summary>
    public bool Has(string path) => Find(path) is not null;

    public string? Text(string path) => (Find(path) as YamlScalarNode)?.Value;

    public int Number(string path) => int.Parse(Text(path)!, System.Globalization.CultureInfo.InvariantCulture);

    public YamlMap Map(string path) => new(Assert.IsType<YamlMappingNode>(Find(path)));

    /// <summary>The maps of a list; empty where there is none.</summary>
    public IReadOnlyList<YamlMap> List(string path) =>
        Find(path) is YamlSequenceNode list ? [.. list.Children.OfType<YamlMappingNode>().Select(static n => new YamlMap(n))] : [];

    /// <summary>The texts of a list; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string path) =>
        Find(path) is YamlSequenceNode list ? [.. list.Children.OfType<YamlScalarNode>().Select(static n => n.Value!)] : [];

    private YamlNode? Find(string path)
    {
        YamlNode? found = node;
        foreach (var part in path.Split('.'))
            found = (found as YamlMappingNode)?.Children.FirstOrDefault(c => ((YamlScalarNode)c.Key).Value == part).Value;
        return found;
    }
}
