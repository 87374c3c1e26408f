using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>A silo is set up in the same three ways as a client and an embedded producer.</summary>
public sealed class AddKplTests
{
    [Fact]
    public void AddKpl_WithSectionAndCode_AppliesBothInOrder()
    {
        var options = OptionsOf(
            s => s.AddKpl(Section(("RateLimit", "50"), ("MaxAttempts", "3"), ("Http:Port", "1"), ("Cluster:Id", "mine")), o => o.MaxAttempts = 4));
        Assert.Equal((50, 4), (options.RateLimit, options.MaxAttempts));

        Assert.Equal(50, OptionsOf(s => s.AddKpl(Section(("RateLimit", "50")))).RateLimit);
        Assert.Equal(60, OptionsOf(s => s.AddKpl(o => o.RateLimit = 60)).RateLimit);
    }

    [Fact]
    public void AddKpl_WithErrorsInEverySection_TellsAllOfThem()
    {
        var error = Assert.Throws<KplOptionsException>(() => OptionsOf(s => s.AddKpl(
            Section(("RecordTtl", "soon"), ("Cluster:Member", "localhost")), o => o.RateLimit = 0, c => c.GatewayPort = 70_000)));
        Assert.Equal(4, error.Errors.Count);
        error = Assert.Throws<KplOptionsException>(() => OptionsOf(s => s.AddKpl(static o => o.RateLimit = 0, static c => c.GatewayPort = 70_000)));
        Assert.Equal(2, error.Errors.Count);
    }

    /// <summary>Whoever had mended the settings was told of the files only then.</summary>
    [Theory]
    [InlineData(100, 2)]
    [InlineData(70_000, 3)]
    public void AddKpl_WithErrorsInSettingsAndFiles_TellsAllOfThem(int port, int errors)
    {
        var error = Assert.Throws<KplOptionsException>(() => OptionsOf(s => s.AddKpl(
            static o => o.RateLimit = 0, c => (c.GatewayPort, c.CertificateFile, c.SiloCaCertFile) = (port, "/none.pem", "/none.pem"))));
        Assert.Equal(errors, error.Errors.Count(static e => !e.Contains("SiloCaCertFile", StringComparison.Ordinal)));
        Assert.Contains(error.Errors, static e => e.StartsWith("Kpl:RateLimit ", StringComparison.Ordinal));
        Assert.Contains(error.Errors, static e => e.StartsWith("Kpl:Cluster:CertificateFile ", StringComparison.Ordinal));
    }

    private static KplOptions OptionsOf(Action<ISiloBuilder> addKpl)
    {
        var services = new ServiceCollection();
        services.AddOrleans(addKpl);
        return (KplOptions)services.Single(static s => s.ServiceType == typeof(KplOptions)).ImplementationInstance!;
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>("Kpl:" + s.Key, s.Value))).Build().GetSection("Kpl");
}
