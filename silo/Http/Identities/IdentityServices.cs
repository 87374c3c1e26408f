using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Identities;

/// <summary>Puts identities in front of a tier's HTTP. Without <see cref="KplHttpOptions.Identities"/> nothing of this is there.</summary>
internal static class IdentityServices
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds credentials, rights, access keys and quotas over the file of identities.</summary>
    public static IServiceCollection AddIdentities(this IServiceCollection services, string path)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IdentityOverrides>();
        services.AddSingleton(s => IdentityStore.Open(
            path, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<IdentityStore>>(), s.GetRequiredService<IdentityOverrides>()));
        services.AddSingleton<KeyFetcher>();
        services.AddSingleton(s => new TokenVerifier(
            s.GetRequiredService<IdentityStore>(), s.GetRequiredService<KeyFetcher>().FetchAsync, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<TokenVerifier>>()));
        services.AddSingleton<CredentialCheck>();
        services.AddSingleton<KnownCaller>();
        services.AddSingleton<CallerGate>();
        services.AddSingleton<AccessKeys>();
        services.AddSingleton<IAccessKeys>(static s => s.GetRequiredService<AccessKeys>());
        services.AddSingleton<SessionBudget>();
        services.AddSingleton<CredentialsEndpoint>();
        services.TryAddSingleton<AuditTrail>();
        services.AddSingleton<QuotaShares>();
        services.AddSingleton<IdentityQuotas>();
        services.AddSingleton<QuotaExchange>();
        services.AddHostedService(static s => s.GetRequiredService<QuotaExchange>());
        services.AddSingleton<UsageEndpoint>();
        services.AddSingleton<IdentityEndpoints>();
        return services;
    }

    /// <summary>Whether callers are asked who they are.</summary>
    public static bool HasIdentities(this IServiceProvider services) => services.GetService<IdentityStore>() is not null;

    /// <summary>Asks every caller who it is, between routing and the endpoints; nothing without identities.</summary>
    public static IApplicationBuilder UseIdentities(this IApplicationBuilder app)
    {
        if (!app.ApplicationServices.HasIdentities())
            return app;
        var gate = app.ApplicationServices.GetRequiredService<CallerGate>();
        var quotas = app.ApplicationServices.GetRequiredService<IdentityQuotas>();
        return app.Use(next => context => gate.RunAsync(context, next)).Use(next => context => quotas.RunAsync(context, next));
    }

    /// <summary>Maps <c>/v1/credentials</c>, <c>/usage</c> and <c>/admin/identities</c>; nothing without identities.</summary>
    public static IEndpointRouteBuilder MapIdentities(this IEndpointRouteBuilder endpoints)
    {
        if (!endpoints.ServiceProvider.HasIdentities())
            return endpoints;
        endpoints.MapGet(CredentialsEndpoint.Path, endpoints.ServiceProvider.GetRequiredService<CredentialsEndpoint>().AnswerAsync);
        endpoints.MapMethods(UsageEndpoint.Path, Reading, endpoints.ServiceProvider.GetRequiredService<UsageEndpoint>().AnswerAsync);
        MapAdmin(endpoints);
        return endpoints;
    }

    private static void MapAdmin(IEndpointRouteBuilder endpoints)
    {
        var wrapper = endpoints.ServiceProvider.GetRequiredService<AdminEndpoint>();
        var identities = endpoints.ServiceProvider.GetRequiredService<IdentityEndpoints>();
        endpoints.MapMethods(IdentityEndpoints.Path, Reading, wrapper.Wrap(identities.ListAsync));
        Post("/ban", identities.BanAsync);
        Post("/quota", identities.SetQuotaAsync);
        Post("/restore", identities.RestoreAsync);

        void Post(string path, RequestDelegate endpoint) => endpoints.MapPost(IdentityEndpoints.OnePath + path, wrapper.Wrap(endpoint));
    }
}
