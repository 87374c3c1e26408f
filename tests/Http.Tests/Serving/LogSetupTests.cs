using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

public sealed class LogSetupTests
{
    /// <summary>A level that was set for other lines turned off the trail of who administers what.</summary>
    [Theory]
    [InlineData("Default", "Warning")]
    [InlineData("Orleans.Kpl", "None")]
    [InlineData("Orleans.Kpl.Audit", "Error")]
    public void LinesOfTheAudit_AreOn_WhateverTheLevels(string category, string level)
    {
        var settings = new Dictionary<string, string?> { [$"Logging:LogLevel:{category}"] = level, [$"Logging:Console:LogLevel:{category}"] = level };
        using var loggers = LogSetup.Create(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        Assert.True(loggers.CreateLogger("Orleans.Kpl.Audit").IsEnabled(LogLevel.Information));
    }

    [Theory]
    [InlineData("Logging:LogLevel:Default", "Loud", "Logging:LogLevel:Default is 'Loud': expected is one of: Trace, Debug, Information, Warning, Error, Critical, None")]
    [InlineData("Logging:LogLevel:Default", "7", "Logging:LogLevel:Default is '7': expected is one of: Trace, Debug, Information, Warning, Error, Critical, None")] // no level, and no line any more
    [InlineData("Logging:Console:LogLevel:Orleans", "warn", "Logging:Console:LogLevel:Orleans is 'warn': expected is one of: Trace, Debug, Information, Warning, Error, Critical, None")]
    [InlineData("Logging:Console:FormatterName", "xml", "Logging:Console:FormatterName is 'xml': expected is one of: simple, json, systemd")]
    [InlineData("Logging:LogLevel:Default", "warning", null)]
    public void WhatIsNoLevelAndNoForm_IsAnErrorOfTheSettings(string path, string value, string? error)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(path, value)]).Build();
        Assert.Equal(error is null ? [] : [error], LogSetup.FindErrors(configuration));
    }

    /// <summary>Orleans retries by Polly, which tells each attempt at the level of information.</summary>
    [Theory]
    [InlineData("Orleans.Runtime.Silo")]
    [InlineData("Polly")]
    public void LinesOfOtherLibraries_AreWarningsAlone(string category)
    {
        using var loggers = LogSetup.Create(new ConfigurationBuilder().Build());
        var log = loggers.CreateLogger(category);
        Assert.Equal((false, true), (log.IsEnabled(LogLevel.Information), log.IsEnabled(LogLevel.Warning)));
    }

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
