namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>What one run of Helm gave.</summary>
internal sealed record HelmRun(int Code, string Output, string Error)
{
    /// <summary>The objects that were rendered, in Helm's order.</summary>
    public IReadOnlyList<YamlMap> Objects
    {
        get
        {
            Assert.True(Code == 0, Error);
            return YamlMap.Parse(Output);
        }
    }

    /// <summary>The one object of a kind.</summary>
    public YamlMap One(string kind) => Objects.Single(o => o.Text("kind") == kind);

    /// <summary>The silo's container.</summary>
    public YamlMap Silo => One("Deployment").Map("spec.template.spec").List("containers").Single();

    /// <summary>The values of the silo's environment; null for those that are no literal.</summary>
    public IReadOnlyDictionary<string, string?> Environment =>
        Silo.List("env").ToDictionary(static e => e.Text("name")!, static e => e.Text("value"));
}
