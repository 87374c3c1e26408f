using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>Puts the silos' secret into a silo's calls that only silos may make.</summary>
internal sealed class SealedCalls(SiloSecret secret) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) =>
        GrainReaches.Of(context.Request.GetInterfaceType()) is GrainReach.Silos or GrainReach.Administrators ? SealAsync(context) : context.Invoke();

    /// <remarks>What an async method sets there ends with it: no later call carries the secret.</remarks>
    private async Task SealAsync(IOutgoingGrainCallContext context)
    {
        RequestContext.Set(SiloSecret.Header, await secret.GetAsync());
        await context.Invoke();
    }
}
