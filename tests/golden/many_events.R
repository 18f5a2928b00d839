# Golden values of the tests of firm-events on many dates, by lm(), sandwich and lmtest.
#   Rscript many_events.R   reads many_events_returns.csv and many_events_pairs.csv, writes
#                           many_events_golden.csv   (R 4, packages sandwich and lmtest)
library(sandwich); library(lmtest)
returns <- as.matrix(read.csv("many_events_returns.csv"))
pairs <- read.csv("many_events_pairs.csv")
market <- returns[, "market"]
out <- list()
put <- function(what, window, term, estimate, se, statistic, df, p)
  out[[length(out) + 1]] <<- data.frame(what, window, term, estimate = c(estimate)[1], se = c(se)[1],
    statistic = c(statistic)[1], df = df, p = c(p)[1], row.names = NULL)
pt2 <- function(t, d) 2 * pt(-abs(t), d)
pn2 <- function(z) 2 * pnorm(-abs(z))
N <- nrow(pairs)

for (L in c(1, 3)) {
  days <- if (L == 1) 0 else -1:1
  car <- se <- df <- scar <- numeric(N); share <- numeric(N)
  for (i in 1:N) {
    at <- pairs$position[i] + 1                      # positions count from 0
    estimation <- (at - 100):(at - 11)
    y <- returns[c(estimation, at + days), pairs$firm[i] + 1]
    x <- market[c(estimation, at + days)]
    D <- rbind(matrix(0, 90, L), diag(L))            # one dummy an event session
    fit <- lm(y ~ x + D)
    pick <- 2 + (1:L)
    car[i] <- sum(coef(fit)[pick]); se[i] <- sqrt(sum(vcov(fit)[pick, pick]))
    df[i] <- df.residual(fit); scar[i] <- car[i] / se[i]
    share[i] <- mean(resid(fit)[1:90] > 0)
  }
  w <- sprintf("%d..%d", min(days), max(days))
  t1 <- t.test(car); put("cross-t", w, "mean", mean(car), t1$stderr, t1$statistic, N - 1, t1$p.value)
  b <- t.test(scar); put("bmp", w, "mean", NA, NA, b$statistic, N - 1, b$p.value)
  z <- sum(scar) / sqrt(sum(df / (df - 2))); put("patell", w, "mean", NA, NA, z, NA, pn2(z))
  m <- car - mean(car); S <- mean(car) / sd(car)
  g <- sqrt(N * (N - 1)) / (N - 2) * mean(m^3) / mean(m^2)^1.5
  h <- sqrt(N) * (S + g * S^2 / 3 + g^2 * S^3 / 27 + g / (6 * N))
  put("hall", w, "mean", NA, NA, h, N - 1, pt2(h, N - 1))
  j <- sqrt(N) * (S + g * S^2 / 3 + g / (6 * N)); put("johnson", w, "mean", NA, NA, j, N - 1, pt2(j, N - 1))
  k <- sum(car > 0); s <- (k - N * mean(share)) / sqrt(N * mean(share) * (1 - mean(share)))
  put("sign", w, "mean", NA, NA, s, NA, pn2(s))
  b2 <- (k - N / 2) / sqrt(N / 4); put("binomial-sign", w, "mean", NA, NA, b2, NA, pn2(b2))
  wt <- wilcox.test(car); V <- unname(wt$statistic)
  put("wilcoxon", w, "mean", NA, NA, min(V, N * (N + 1) / 2 - V), NA, wt$p.value)
  mean_only <- lm(car ~ 1)
  if (L == 1) {                                      # dates share no session
    G <- length(unique(pairs$position)); F <- length(unique(pairs$firm))
    V <- vcovCL(mean_only, cluster = pairs$position, type = "HC0")
    tt <- mean(car) / sqrt(V); put("date-cluster", w, "mean", mean(car), sqrt(V), tt, G - 1, pt2(tt, G - 1))
    V <- vcovCL(mean_only, cluster = pairs[, c("position", "firm")], type = "HC0")
    tt <- mean(car) / sqrt(V); d <- min(G, F) - 1
    put("two-way-cluster", w, "mean", mean(car), sqrt(V), tt, d, pt2(tt, d))
    by <- tapply(car, pairs$position, mean); tb <- t.test(by)
    put("date-portfolio", w, "mean", mean(by), tb$stderr, tb$statistic, G - 1, tb$p.value)
    side <- as.numeric(pairs$group == "a")
    V <- vcovCL(lm(car ~ side), cluster = pairs$position, type = "HC0")[2, 2]
    dif <- mean(car[side == 1]) - mean(car[side == 0])
    put("group-difference", w, "mean", dif, sqrt(V), dif / sqrt(V), G - 1, pt2(dif / sqrt(V), G - 1))
  }
  frame <- cbind(pairs, car = car)
  for (weighting in c("none", "1/S^2")) {
    frame$v <- if (weighting == "none") 1 else 1 / se^2
    fit <- lm(car ~ log(size) + lev, data = frame, weights = v)
    h <- coeftest(fit, vcov. = vcovHC(fit, type = "HC3"), df = df.residual(fit))
    G <- length(unique(frame$position))
    c <- coeftest(fit, vcov. = vcovCL(fit, cluster = frame$position, type = "HC1"), df = G - 1)
    for (i in 1:3) {
      term <- c("Intercept", "log(size)", "lev")[i]
      put(paste("HC3", weighting), w, term, h[i, 1], h[i, 2], h[i, 3], df.residual(fit), h[i, 4])
      put(paste("date", weighting), w, term, c[i, 1], c[i, 2], c[i, 3], G - 1, c[i, 4])
    }
  }
}
# the portfolio that holds every pair for 20 sessions from the one after its event
T <- nrow(returns); total <- held <- numeric(T)
for (i in 1:N) {
  span <- pairs$position[i] + 1 + 1:20; span <- span[span <= T]
  total[span] <- total[span] + returns[span, pairs$firm[i] + 1]; held[span] <- held[span] + 1
}
y <- (total / held)[held > 0]; x <- market[held > 0]; n <- length(y)
fit <- lm(y ~ x)
V <- NeweyWest(fit, lag = floor(4 * (n / 100)^(2 / 9)), prewhite = FALSE, adjust = TRUE)
tt <- coef(fit)[1] / sqrt(V[1, 1])
put("calendar-time", "20", "alpha", coef(fit)[1], sqrt(V[1, 1]), tt, n - 2, pt2(tt, n - 2))
write.csv(do.call(rbind, out), "many_events_golden.csv", row.names = FALSE, quote = FALSE)
