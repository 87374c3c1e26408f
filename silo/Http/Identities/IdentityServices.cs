using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
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

    /// <summary>Adds authentication, authorization, access keys and quotas over the file of identities.</summary>
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
        services.AddAuthenticationCore(static o =>
        {
            o.AddScheme<CredentialHandler>(CredentialHandler.Scheme, null);
            o.DefaultScheme = CredentialHandler.Scheme;
        });
        services.AddTransient<CredentialHandler>();
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        // Every request, also one without a route, must meet the requirement: what nobody thought of is shut.
        services.AddAuthorization(static o => o.FallbackPolicy = new AuthorizationPolicyBuilder()
            .AddRequirements(AccessRequirement.Instance).Build());
        return services;
    }

    /// <summary>Whether callers are asked who they are.</summary>
    public static bool HasIdentities(this IServiceProvider services) => services.GetService<IdentityStore>() is not null;

    /// <summary>Asks every caller who it is, between routing and the endpoints; nothing without identities.</summary>
    public static IApplicationBuilder UseIdentities(this IApplicationBuilder app)
    {
        if (!app.ApplicationServices.HasIdentities())
            return app;
        var audit = app.ApplicationServices.GetRequiredService<AuditTrail>();
        var quotas = app.ApplicationServices.GetRequiredService<IdentityQuotas>();
        var known = app.ApplicationServices.GetRequiredService<KnownCaller>();
        // A web application puts both of ASP.NET Core's steps before all others, unless it is told that they are there: here only who is not known takes them.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Properties["__AuthorizationMiddlewareSet"] = true;
        app.UseWhen(c => !known.TryAdmit(c), asked =>
        {
            asked.UseAuthentication();
            asked.Use(next => context => audit.RunAsync(context, next));
            asked.UseAuthorization();
        });
        return app.Use(next => context => quotas.RunAsync(context, next));
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
