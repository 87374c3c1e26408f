namespace Orleans.Kpl.Deploy.Tests;

/// <summary>What <c>security: closed</c> makes of a release.</summary>
public sealed class ChartSecurityTests
{
    [Theory]
    [InlineData("closed")]
    [InlineData("closed-least")]
    public void Closed_AllowsNothingThatIsOpen_AndNamesFilesThatAreMounted(string name)
    {
        var rendered = GoldenSets.Render(name);
        Assert.DoesNotContain(rendered.Environment, static e => e.Key.Contains("__Allow", StringComparison.Ordinal));
        var mounts = rendered.Silo.List("volumeMounts").ToDictionary(static m => m.Text("mountPath")!, static m => m.Text("name")!);
        var volumes = rendered.One("Deployment").List("spec.template.spec.volumes")
            .ToDictionary(static v => v.Text("name")!, static v => v.Text("secret.secretName"));
        string[] needed =
        [
            "Http__CertificateFile", "Http__CertificateKeyFile", "Http__Identities", "Cluster__CertificateFile", "Cluster__CertificateKeyFile",
            "Cluster__SiloCaCertFile", "Cluster__SiloNames",
        ];
        Assert.All(needed, n => Assert.Contains($"Kpl__{n}", rendered.Environment.Keys));
        foreach (var (_, file) in rendered.Environment.Where(static e => e.Value?.StartsWith("/etc/kpl/", StringComparison.Ordinal) == true))
            Assert.StartsWith("orders-", volumes[mounts[Path.GetDirectoryName(file)!.Replace('\\', '/')]], StringComparison.Ordinal);
        Assert.All(mounts, static m => Assert.True(m.Key == "/tmp" || m.Key.StartsWith("/etc/kpl/", StringComparison.Ordinal)));
        Assert.Equal(name == "closed", rendered.Environment.ContainsKey("Kpl__Cluster__ClientCaCertFile"));
        Assert.Equal(name == "closed", rendered.Environment.ContainsKey("Kpl__Cluster__ClientNames"));
    }

    /// <summary>What was signed for a tier of another region, with the same key, was not meant for this one.</summary>
    [Theory]
    [InlineData("", "eu-central-1")]
    [InlineData("config: {Front: {SignedRegions: 'eu-west-1,eu-central-1'}}", "eu-west-1,eu-central-1")]
    public void Closed_TakesSignaturesForItsRegion_UnlessOthersAreNamed(string more, string expected)
    {
        var rendered = Helm.Get().Template(GoldenSets.ValuesOf("closed-least") + more);
        Assert.Equal(expected, rendered.Environment["Kpl__Front__SignedRegions"]);
    }

    [Fact]
    public void Open_SaysSoOfEachPort()
    {
        var environment = GoldenSets.Render("least").Environment;
        Assert.DoesNotContain("Kpl__Front__SignedRegions", environment.Keys);
        Assert.Equal(["Kpl__Cluster__AllowPlaintext", "Kpl__Http__AllowAnonymous", "Kpl__Http__AllowPlaintext"],
            environment.Where(static e => e.Key.Contains("__Allow", StringComparison.Ordinal)).Select(static e => e.Key).Order());
        Assert.DoesNotContain(environment, static e => e.Value?.StartsWith("/etc/kpl", StringComparison.Ordinal) == true);
    }
}
