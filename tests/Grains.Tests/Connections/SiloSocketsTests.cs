using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Kpl.Clustering.Sockets;

namespace Orleans.Kpl.Grains.Tests.Connections;

public sealed class SiloSocketsTests
{
    /// <summary>
    /// Orleans does not say under which keys it looks for its transports. If it registers them otherwise one day, a silo is slower and no more.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ASiloOfTheTier_HasOurSocketsForEachKindOfConnection_AndNobodyElsesHas(bool isTierOnly)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddKpl(new KplOptions(), cluster: null, isTierOnly));
        using var host = builder.Build();
        var kinds = builder.Services
            .Where(static s => s.IsKeyedService && s.ServiceType.Name is nameof(IConnectionFactory) or nameof(IConnectionListenerFactory))
            .Select(static s => (s.ServiceType, s.ServiceKey)).Distinct().ToList();
        Assert.Equal(3, kinds.Count);
        Assert.All(kinds, k => Assert.Equal(isTierOnly, host.Services.GetRequiredKeyedService(k.ServiceType, k.ServiceKey) is SocketTransport));
    }
}
