using System.Globalization;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>Concludes what to tell about this process and its way to Kinesis. Pure: a function of what was observed.</summary>
internal static class ProcessLines
{
    /// <summary>Kinesis refuses signatures that are further off (AWS, "Signature Version 4").</summary>
    public static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    /// <summary>A Date header has whole seconds, and the answer took its way.</summary>
    private static readonly TimeSpan NoSkew = TimeSpan.FromSeconds(2);

    public static IEnumerable<KplCheckLine> Of(CheckFindings findings) =>
        [Region(findings), Credentials(findings), Endpoint(findings), findings.Others, Clock(findings)];

    /// <summary>The code that records would wait for; null where Kinesis answered a call.</summary>
    public static string? AwayCodeOf(CheckFindings findings)
    {
        var answers = findings.Answers.ToList();
        if (answers.Any(static a => a.IsAuthenticated))
            return null;
        if (findings.CredentialError is not null || (answers.Count == 0 && findings.Streams.Any(static s => s.CredentialError is not null)))
            return RecordErrorCodes.CredentialsUnavailable;
        if (findings.Endpoint.Trouble is not EndpointTrouble.None and var trouble)
            return trouble == EndpointTrouble.Silence ? RecordErrorCodes.RequestTimeout : RecordErrorCodes.ConnectionFailed;
        return answers.Count == 0 ? null : answers[0].Code;
    }

    /// <summary>Why the calls of a stream cannot tell more; null where nothing stands before Kinesis.</summary>
    public static string? ObstacleOf(CheckFindings findings, StreamFindings stream)
    {
        if (stream.CredentialError is not null)
            return stream.HasRole ? "the stream's role cannot be assumed" : "the stream's own credentials are missing";
        if (stream.NeedsProcess && findings.CredentialError is not null)
            return "there are no credentials";
        if (findings.Endpoint.Trouble != EndpointTrouble.None)
            return "the endpoint cannot be reached";
        return IsRefused(stream.Answers) ? "the credentials are refused" : null;
    }

    /// <summary>Tells whether Kinesis accepts credentials, by its answers to what they signed.</summary>
    public static KplCheckLine Accepted(string source, IEnumerable<CheckAnswer> answers)
    {
        const string name = "credentials";
        if (answers.Any(static a => a.IsAuthenticated))
            return Line(name, KplCheckStatus.Passed, $"Kinesis accepts those from {source}");
        var refused = answers.FirstOrDefault(static a => a.Kind == CheckAnswerKind.SignatureRefused);
        return refused.Kind == CheckAnswerKind.SignatureRefused
            ? Line(name, KplCheckStatus.Failed, $"Kinesis refuses those from {source}: {refused.Code}", RefusalAdvice(refused.Code))
            : Line(name, KplCheckStatus.NotChecked, $"there are some from {source}; Kinesis did not tell whether it accepts them");
    }

    private static bool IsRefused(IEnumerable<CheckAnswer> answers) =>
        answers.Any(static a => a.Kind == CheckAnswerKind.SignatureRefused) && !answers.Any(static a => a.IsAuthenticated);

    private static KplCheckLine Region(CheckFindings findings)
    {
        var (region, source) = (findings.Location.Region, findings.Location.RegionSource);
        if (findings.NearestRegion is { } nearest)
        {
            return Line(
                "region", KplCheckStatus.NotChecked, $"{region}, from {source}, is no region that this version knows", $"if it is misspelt: the nearest is {nearest}");
        }

        return Line("region", KplCheckStatus.Passed, $"{region}, from {source}");
    }

    private static KplCheckLine Credentials(CheckFindings findings)
    {
        const string name = "credentials";
        if (findings.CredentialError is { } missing)
        {
            return Line(
                name, KplCheckStatus.Failed, missing,
                findings.AreFromCode ? "mend what KinesisOptions.Credentials calls, or leave it out"
                    : "set Kpl:Kinesis:AccessKeyId and SecretAccessKey, or AWS's variables, a profile, or a role of the container or instance");
        }

        if (!findings.NeedsProcess)
            return Line(name, KplCheckStatus.NotChecked, "each stream that was asked about has its own");
        var signed = findings.Streams.Where(static s => s.OwnSource is null).SelectMany(static s => s.Answers).Append(findings.Account).ToList();
        var isCaller = findings.Streams.Any(static s => s.HasRole && s.NeedsProcess && s.Answers.Any());
        return isCaller && signed.TrueForAll(static a => a.Kind == CheckAnswerKind.NotAsked)
            ? Line(name, KplCheckStatus.Passed, $"STS accepts those from {findings.CredentialSource}")
            : Accepted(findings.CredentialSource, signed);
    }

    private static string RefusalAdvice(string code) => code switch
    {
        "ExpiredTokenException" or "ExpiredToken" => "fetch new temporary credentials: the session token has expired",
        "UnrecognizedClientException" or "InvalidClientTokenId" =>
            "check the access key id and the session token: Kinesis does not know them in this region's partition",
        _ => "check that the secret access key belongs to the access key id, and this machine's clock",
    };

    private static KplCheckLine Endpoint(CheckFindings findings)
    {
        const string name = "endpoint";
        var (url, found) = (findings.Location.Endpoint.AbsoluteUri.TrimEnd('/'), findings.Endpoint);
        if (found.Trouble != EndpointTrouble.None)
            return Line(name, KplCheckStatus.Failed, $"{url}: {found.Message}", EndpointAdvice(findings));
        var answers = findings.Answers.ToList();
        if (answers.Count > 0 && answers.All(static a => a.Kind == CheckAnswerKind.Unreachable))
            return Line(name, KplCheckStatus.Failed, $"{url} can be connected to, and calls get no answer: {answers[0].Message}", EndpointAdvice(findings));
        if (answers.Count > 0 && answers.All(static a => a.IsForeign))
        {
            return Line(
                name, KplCheckStatus.Failed, $"what answers at {url} is not Kinesis: {answers[0].Code}: {answers[0].Message}",
                $"check {SettingOf(findings)}, and what stands between: a proxy or a load balancer");
        }

        if (answers.Count > 0 && answers.All(static a => a.Kind == CheckAnswerKind.Other))
        {
            return Line(
                name, KplCheckStatus.Failed, $"{url} answers with {answers[0].Code}: {answers[0].Message}",
                "check again in a minute, and AWS's health dashboard if it stays");
        }

        var origin = findings.Why is { } why ? $", {why}," : "";
        return Line(name, KplCheckStatus.Passed, string.Create(CultureInfo.InvariantCulture, $"{url}{origin} answered within {found.Elapsed.TotalMilliseconds:0} ms"));
    }

    /// <summary>The setting that names the endpoint, or the variable of the environment.</summary>
    private static string SettingOf(CheckFindings findings) => findings.Location.EndpointVariable ?? "Kpl:Kinesis:EndpointUrl";

    private static string EndpointAdvice(CheckFindings findings) => findings.Endpoint.Trouble switch
    {
        EndpointTrouble.Name when findings.Location.IsOverridden => $"check the host in {SettingOf(findings)}, and this machine's DNS",
        EndpointTrouble.Name => "check the region and this machine's DNS",
        EndpointTrouble.Tls => "trust its certificate authority with Kpl:Kinesis:CaCertFile, or check that the host is the certificate's",
        EndpointTrouble.NoTls => $"write http:// in {SettingOf(findings)}, or the port on which TLS is spoken there",
        EndpointTrouble.Proxy => "check the proxy: Kpl:Kinesis:ProxyHost, ProxyPort, ProxyUserName and ProxyPassword, or the variable that the message names",
        _ when findings.Location.IsLoopback => $"start what should listen there, or set {SettingOf(findings)}",
        _ => "check routes, security groups, VPC endpoints and proxies between here and there",
    };

    private static KplCheckLine Clock(CheckFindings findings)
    {
        const string name = "clock";
        if (findings.Skew is not { } skew)
            return Line(name, KplCheckStatus.NotChecked, "no answer told Kinesis' time");
        if (skew.Duration() <= NoSkew)
            return Line(name, KplCheckStatus.Passed, "this machine's clock agrees with Kinesis'");
        var off = $"this machine's clock is {Text(skew.Duration())} {(skew > TimeSpan.Zero ? "behind" : "ahead of")} Kinesis'";
        return skew.Duration() < MostSkew
            ? Line(name, KplCheckStatus.Passed, off)
            : Line(
                name, KplCheckStatus.Failed, $"{off}, which refuses signatures that are more than {MostSkew.TotalMinutes:0} minutes off",
                skew.Duration() <= ServerClock.Farthest
                    ? "set the clock, for example by NTP; until then each process has its first call refused, and corrects itself by the answer"
                    : "set the clock, for example by NTP: until then nothing is delivered, because no process corrects itself by more than a day");
    }

    private static string Text(TimeSpan span) => span < TimeSpan.FromMinutes(2)
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} seconds")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} minutes");

    public static KplCheckLine Line(string name, KplCheckStatus status, string message, string? advice = null) =>
        new() { Name = name, Status = status, Message = message, Advice = advice };
}
