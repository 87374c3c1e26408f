using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Hands every request from Kestrel to one handler, with one context object for each connection's life.</summary>
internal sealed class KestrelApplication(RequestDelegate handler) : IHttpApplication<DefaultHttpContext>
{
    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<DefaultHttpContext> container) return new(contextFeatures);
        if (container.HostContext is null) return container.HostContext = new(contextFeatures);
        container.HostContext.Initialize(contextFeatures);
        return container.HostContext;
    }

    public Task ProcessRequestAsync(DefaultHttpContext context) => handler(context);

    public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();
}
