using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>The schema of the chart's values has the silo's settings as the silo has them, and refuses every name that is misspelt.</summary>
public sealed class ValuesSchemaTests
{
    private const string Accept = "KPL_ACCEPT_DOCS";

    [Fact]
    public void Schema_HasTheSettingsOfTheTable() => Check("values.schema.json", ValuesSchema.Write(Chart.Read("values.schema.json")));

    [Fact]
    public void NamesForTemplates_AreThoseOfTheTable() => Check("files/settings.txt", ValuesSchema.Names);

    /// <summary>The chart took what no silo starts with, such as 0 records of a request.</summary>
    [Fact]
    public void ANumberOfASetting_HasItsLeast()
    {
        var config = JsonNode.Parse(Chart.Read("values.schema.json"))!["$defs"]!["config"]!["properties"]!.AsObject();
        var numbers = config.Concat(config["Http"]!["properties"]!.AsObject()).Where(static s => $"{s.Value!["type"]}" is "integer" or "number");
        Assert.DoesNotContain(numbers, static s => s.Value!["minimum"] is null);
    }

    /// <summary>Each value that the chart has, misspelt once.</summary>
    [Theory]
    [MemberData(nameof(Helm.Versions), MemberType = typeof(Helm))]
    public void AMisspeltValue_IsRefused(string version)
    {
        var helm = Helm.Get(version);
        var paths = Leaves(JsonDocument.Parse(Chart.Read("values.schema.json")).RootElement).ToList();
        Assert.True(paths.Count > 60, $"{paths.Count} values");
        // One run for each would take minutes: the names of one section are told together.
        foreach (var section in paths.GroupBy(static p => string.Join('.', p.Split('.')[..^1])))
        {
            var names = section.Select(static p => p.Split('.')[^1] + "x").ToList();
            var run = helm.Template(Nested(section.Key, names));
            Assert.NotEqual(0, run.Code);
            Assert.All(names, name => Assert.Contains(name, run.Error, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Helm.Versions), MemberType = typeof(Helm))]
    public void WhatAParentChartPasses_IsTaken(string version) =>
        Assert.NotEmpty(Helm.Get(version).Template(Chart.Least + "enabled: true\nglobal: {imageRegistry: example.com, deep: {er: 1}}\n").Objects);

    /// <summary>As where all that stood there is commented out.</summary>
    [Fact]
    public void MapsWithoutAnEntry_AreTaken() => Assert.NotEmpty(Helm.Get().Template(Chart.Least + "config:\npodLabels:\npodAnnotations:\n").Objects);

    [Theory]
    [InlineData("config: {RecordTtl: soon}", "RecordTtl")]
    [InlineData("config: {MaxConnections: 257}", "MaxConnections")]
    [InlineData("config: {Ordered: Sometimes}", "Ordered")]
    [InlineData("config: {Kinesis: {SecretAccessKey: abc}}", "SecretAccessKey")]
    [InlineData("config: {Http: {Port: 80}}", "Port")]
    [InlineData("config: {Http: {MaxRecords: 0}}", "MaxRecords")]
    [InlineData("config: {Cluster: {Id: other}}", "Cluster")]
    [InlineData("replicas: 0", "replicas")]
    [InlineData("pdb: {maxUnavailable: 0}", "maxUnavailable")]
    [InlineData("ipFamily: IPv5", "ipFamily")]
    [InlineData("extraEnv: [{name: OTEL_SDK_DISABLED, value: true}]", "value")]
    public void AValueThatCannotWork_IsRefused(string value, string named)
    {
        var run = Helm.Get().Template(Chart.Least + value);
        Assert.NotEqual(0, run.Code);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
    }

    private static string Nested(string section, IEnumerable<string> names)
    {
        var map = $"{{{string.Join(", ", names.Select(static n => $"{n}: 1"))}}}";
        foreach (var part in section.Split('.', StringSplitOptions.RemoveEmptyEntries).Reverse())
            map = $"{{{part}: {map}}}";
        return map;
    }

    private static IEnumerable<string> Leaves(JsonElement root) => Leaves(root, root, "");

    private static IEnumerable<string> Leaves(JsonElement root, JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = root.GetProperty("$defs").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (!schema.TryGetProperty("additionalProperties", out var others) || others.ValueKind != JsonValueKind.False)
            yield break;
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var name = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (!property.Name.Contains(':', StringComparison.Ordinal))
                yield return name;
            foreach (var below in Leaves(root, property.Value, name))
                yield return below;
        }
    }

    private static void Check(string file, string expected)
    {
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(Path.Combine(Chart.Folder, file), expected);
        Assert.Equal(expected, Chart.Read(file));
    }
}
