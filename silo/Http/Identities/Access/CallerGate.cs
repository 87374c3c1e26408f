using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>Authenticates a request by its API key, its token, or the certificate of its connection.</summary>
internal sealed class CredentialHandler(CredentialCheck check, FailedProofs failures) : IAuthenticationHandler
{
    /// <summary>The name of the scheme.</summary>
    public const string Scheme = "Kpl";

    private static readonly object ReasonKey = new();

    private AuthenticationScheme _scheme = null!;
    private HttpContext _context = null!;

    public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
    {
        (_scheme, _context) = (scheme, context);
        return Task.CompletedTask;
    }

    public async Task<AuthenticateResult> AuthenticateAsync()
    {
        // The credential of a request goes before the one that its connection has proved: several callers may share a connection.
        CredentialAnswer answer;
        if (CallerCredential.Read(_context.Request) is { } credential)
            answer = await ProveAsync(credential);
        else if (!CallerCredential.IsSent(_context.Request) && _context.Features.Get<ClientCertificate>() is { } shown)
        {
            answer = check.Check(shown);
            // Over another connection its client may show another one.
            if (shown.IsOver)
                _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
            return AuthenticateResult.NoResult();
        if (answer.IsKnown)
            return AuthenticateResult.Success(new AuthenticationTicket(answer.Identity.Principal, _scheme.Name));
        _context.Items[ReasonKey] = answer.Reason;
        return AuthenticateResult.NoResult();
    }

    /// <summary>Proves a credential. Of an address that has failed too often no token is looked at that is not known at once.</summary>
    private async ValueTask<CredentialAnswer> ProveAsync(string credential)
    {
        if (check.FindKnown(credential) is { } known)
            return CredentialAnswer.Known(known.Identity);
        return failures.AreTooMany(_context) ? CredentialAnswer.Refused(FailedProofs.TooMany) : await check.CheckAsync(credential);
    }

    public Task ChallengeAsync(AuthenticationProperties? properties) =>
        AccessRefusal.ChallengeAsync(_context, _context.Items[ReasonKey] as string ?? CallerCredential.DescribeFault(_context.Request));

    public Task ForbidAsync(AuthenticationProperties? properties)
    {
        var rights = CallerRights.Of(_context.User);
        var reason = rights.Id is null ? "the caller is no identity" : rights.IsBanned ? AccessRefusal.Banned(rights.Id)
            : AccessRequirement.Describe(_context, rights.Id);
        return AccessRefusal.ForbidAsync(_context, rights.Id, reason);
    }
}
