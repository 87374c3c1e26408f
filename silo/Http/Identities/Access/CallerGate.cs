using Microsoft.AspNetCore.Connections.Features;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// Asks every caller of a tier who it is, by its API key, its token, or the certificate of its connection, and lets it do what <see cref="RouteAccessTable"/>
/// says. Every request is judged, also one without a route: what nobody thought of is shut.
/// </summary>
internal sealed class CallerGate(KnownCaller known, CredentialCheck check, FailedProofs failures, AuditTrail audit)
{
    /// <summary>Runs a request with its caller as user, or answers why it may not be.</summary>
    public Task RunAsync(HttpContext context, RequestDelegate next) => known.TryAdmit(context) ? next(context) : JudgeAsync(context, next);

    /// <summary>Tells whose a request is.</summary>
    public async ValueTask<CredentialAnswer> ProveAsync(HttpContext context)
    {
        // The credential of a request goes before the one that its connection has proved: several callers may share a connection.
        if (CallerCredential.Read(context.Request) is { } credential)
            return await ProveAsync(context, credential);
        if (CallerCredential.IsSent(context.Request) || context.Features.Get<ClientCertificate>() is not { } shown)
            return CredentialAnswer.Refused(CallerCredential.DescribeFault(context.Request));
        var answer = check.Check(shown);
        // Over another connection its client may show another one.
        if (shown.IsOver)
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        return answer;
    }

    /// <summary>Tells whose a credential is. Of an address that has failed too often no token is looked at that is not known at once.</summary>
    public async ValueTask<CredentialAnswer> ProveAsync(HttpContext context, string credential) =>
        check.FindKnown(credential) is { } identity ? CredentialAnswer.Known(identity)
        : failures.AreTooMany(context) ? CredentialAnswer.Refused(FailedProofs.TooMany)
        : await check.CheckAsync(credential);

    private async Task JudgeAsync(HttpContext context, RequestDelegate next)
    {
        var answer = await ProveAsync(context);
        if (answer.IsKnown)
            context.User = answer.Identity.Principal;
        var rights = CallerRights.Of(context.User);
        // One that may be somebody's is not let through to the Kinesis front, which would find no signature.
        if (!answer.IsOpen && AccessRequirement.IsMet(context, rights))
            await next(context);
        else
        {
            await audit.RunAsync(context, c => rights.Id is { } identity
                ? AccessRefusal.ForbidAsync(c, identity, AccessRequirement.Explain(c, identity, rights))
                : AccessRefusal.ChallengeAsync(c, answer));
        }
    }
}

/// <summary>
/// The rights of a caller whose request lasts. It is asked again who it is every two seconds, so that a right that was taken away counts for what comes
/// later. Where there are no identities nobody is asked.
/// </summary>
internal sealed class LastingRights(HttpContext context, TimeProvider time)
{
    /// <summary>So often a caller is asked again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly CallerGate? _callers = context.RequestServices.GetService<CallerGate>();
    private long _askedAt = time.GetTimestamp();

    /// <summary>Whether anybody is asked.</summary>
    public bool AreAsked => _callers is not null;

    /// <summary>The rights as they were told last; null where the caller is nobody.</summary>
    public CallerRights? Current { get; private set; } = CallerRights.Find(context);

    /// <summary>Asks the caller again where that is due; false where it is not.</summary>
    public async ValueTask<bool> AskAgainAsync()
    {
        if (_callers is null || time.GetElapsedTime(_askedAt) < Period)
            return false;
        _askedAt = time.GetTimestamp();
        Current = (await _callers.ProveAsync(context)).Identity is { } identity ? CallerRights.Of(identity.Principal) : null;
        return true;
    }
}
