using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Host.Clustering;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Host.Tests.Clustering;

/// <remarks>Tests <see cref="SiloSetup"/>.</remarks>
public sealed class SiloOptionsTextTests
{
    /// <summary>A silo writes all options into its log when it starts.</summary>
    [Fact]
    public void Options_ThatASiloLogsAtItsStart_HaveNoSecret()
    {
        var settings = SiloSettingsReader.Read(
            CommandLine.Read(["--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:4567", "--Kpl:Cluster:Membership=dynamodb", "--Kpl:Cluster:AllowPlaintext=true"]),
            new ConfigurationBuilder().AddInMemoryCollection(
            [
                new("Kpl:DynamoDb:Region", "eu-west-1"), new("Kpl:DynamoDb:AccessKeyId", "AKIDPLANTED"), new("Kpl:DynamoDb:SecretAccessKey", "planted-secret"),
                new("Kpl:DynamoDb:SessionToken", "planted-token"),
            ]).Build(), out var errors);
        Assert.Empty(errors);
        using var endpoints = SiloEndpoints.Take(new KplClusterOptions { SiloPort = 0, GatewayPort = 0 });
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo => SiloSetup.Configure(silo, settings!, endpoints));
        using var host = builder.Build();

        var lines = host.Services.GetServices<IOptionFormatter>().SelectMany(static f => f.Format()).ToList();

        Assert.Contains(lines, static l => l.StartsWith("ClusterId: ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static l => l.Contains("planted", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A trace that a caller of grains has goes on in the silo where Orleans' spans are wanted, and costs nothing elsewhere.</summary>
    [Theory]
    [InlineData("Microsoft.Orleans.Runtime", true)]
    [InlineData("orders", false)]
    [InlineData("", false)]
    public void Traces_OfGrainCalls_PassWhereSourcesOfOrleansAreNamed(string sources, bool pass)
    {
        var settings = SiloSettingsReader.Read(
            CommandLine.Read(["--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:4567", $"--Kpl:Otlp:Sources={sources}"]),
            new ConfigurationBuilder().Build(), out var errors);
        Assert.Empty(errors);
        using var endpoints = SiloEndpoints.Take(new KplClusterOptions { SiloPort = 0, GatewayPort = 0 });
        var services = new ServiceCollection();
        services.AddOrleans(silo => SiloSetup.Configure(silo, settings!, endpoints));

        var filters = services.Where(static d => d.ServiceType == typeof(IIncomingGrainCallFilter)).Select(static d => d.ImplementationType?.Name ?? "");
        Assert.Equal(pass, filters.Any(static n => n.StartsWith("ActivityPropagation", StringComparison.Ordinal)));
    }

    /// <summary>The table in docs/membership.md: what silo/Host sets, and what comes with AddKpl.</summary>
    [Fact]
    public void Options_OfASilo_AreThoseOfThePage()
    {
        var settings = SiloSettingsReader.Read(
            CommandLine.Read(["--Kpl:Kinesis:EndpointUrl=http://127.0.0.1:4567"]), new ConfigurationBuilder().Build(), out var errors);
        Assert.Empty(errors);
        using var endpoints = SiloEndpoints.Take(new KplClusterOptions { SiloPort = 0, GatewayPort = 0 });
        using var host = RunningSilo.Build(settings!, endpoints, new OrleansLog(NullLoggerFactory.Instance, CancellationToken.None));

        Assert.Equal(settings!.Kpl.StopTimeout, Of<HostOptions>().ShutdownTimeout);
        Assert.Equal(TimeSpan.FromSeconds(2), Of<GrainDirectoryOptions>().RangeLeaseDuration);
        Assert.Equal(
            (TimeSpan.FromSeconds(50), 40 << 20), (Of<SiloMessagingOptions>().RequestProcessingWarningTime, Of<SiloMessagingOptions>().MaxMessageBodySize));
        var members = Of<ClusterMembershipOptions>();
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 2, 2, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)),
            (members.ProbeTimeout, members.MaxProbeTimeout, members.NumMissedProbesLimit, members.NumVotesForDeathDeclaration, members.TableRefreshTimeout,
                members.IAmAliveTablePublishTimeout));

        TOptions Of<TOptions>()
            where TOptions : class => host.Services.GetRequiredService<IOptions<TOptions>>().Value;
    }
}
