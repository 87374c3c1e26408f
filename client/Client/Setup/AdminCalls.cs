using Orleans.Kpl.Administration;
using Orleans.Runtime;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Puts a token into a client's calls to the managers of streams.</summary>
internal sealed class AdminCalls(AdminKeys keys, string cluster, TimeProvider time) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.Request.GetInterfaceType() == typeof(IStreamManager) ? SignAsync(context) : context.Invoke();

    /// <remarks>What an async method sets there ends with it: no later call carries the token.</remarks>
    private async Task SignAsync(IOutgoingGrainCallContext context)
    {
        var call = new AdminCall(cluster, context.TargetId.Key.ToString() ?? "", context.MethodName);
        RequestContext.Set(AdminToken.Header, AdminToken.Create(keys.Current[0], call, time.GetUtcNow()));
        await context.Invoke().ConfigureAwait(false);
    }
}
