using System.Net;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>How Glue is reached: its own settings, and those of Kinesis where there are none.</summary>
internal static class GlueConnection
{
    public static KinesisOptions Settings(KinesisOptions kinesis, GlueOptions glue)
    {
        var settings = kinesis.Clone();
        settings.EndpointUrl = glue.EndpointUrl;
        settings.Region = glue.Region ?? settings.Region;
        if (glue.ProxyUrl is not { } proxy)
            return settings;
        var login = proxy.UserInfo.Split(':', 2);
        (settings.ProxyHost, settings.ProxyPort) = (proxy.Host, proxy.Port);
        settings.ProxyUserName = login[0].Length == 0 ? null : WebUtility.UrlDecode(login[0]);
        settings.ProxyPassword = login.Length < 2 ? null : WebUtility.UrlDecode(login[1]);
        return settings;
    }
}
