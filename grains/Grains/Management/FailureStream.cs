using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Silos.Links;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Management;

/// <summary>Sends hints of failures as events of Orleans streams; fails the start of a silo that does not have their provider, before it joins.</summary>
internal sealed class FailureStream(string provider, IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
{
    public Task SendAsync(FailureNotice notice)
    {
        var stream = StreamId.Create(FailureHint.StreamNamespace, notice.Stream);
        var hint = new FailureHint { Stream = notice.Stream, Last = notice.Last, Count = notice.Count, Since = notice.Since };
        return services.GetRequiredKeyedService<IStreamProvider>(provider).GetStream<FailureHint>(stream).OnNextAsync(hint);
    }

    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl failure hints", ServiceLifecycleStage.First, _ =>
        services.GetRequiredService<IServiceProviderIsKeyedService>().IsKeyedService(typeof(IStreamProvider), provider)
            ? Task.CompletedTask
            : throw new KplOptionsException([
                $"Kpl:Cluster:FailureStreamProvider is '{provider}': the silo has no stream provider of that name. Add it by its own method, for example "
                + $"AddMemoryStreams(\"{provider}\"), or leave the setting out"]));
}
