# Golden values of the Huber fit, from MASS (rlm: Huber's psi, k = 1.345, rescaled MAD).
#   Rscript huber.R    reads many_firms_input.csv, writes huber_golden.csv
library(MASS)
d <- read.csv("many_firms_input.csv")[1:60, ]
fit <- rlm(f1 ~ market, data = d, psi = psi.huber, k = 1.345, scale.est = "MAD", maxit = 200, acc = 1e-12)
out <- data.frame(name = c("alpha", "market"), value = unname(coef(fit)))
write.csv(format(out, digits = 10), "huber_golden.csv", row.names = FALSE, quote = FALSE)
