using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

public sealed class LogSetupTests
{
    /// <summary>The server makes an activity for each request where that category is on, whatever its level.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData("Default", false)]
    [InlineData("Orleans", false)]
    [InlineData("Microsoft", true)]
    [InlineData("microsoft.aspnetcore", true)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", true)]
    public void LinesOfRequests_AreOn_OnlyWhereTheSettingsNameThem(string? category, bool isOn)
    {
        var settings = new Dictionary<string, string?>();
        if (category is not null)
            settings[$"Logging:LogLevel:{category}"] = "Information";
        using var loggers = LogSetup.Create(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());

        Assert.Equal(isOn, loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
    }
}
